// The container image, read line by line: what a Dockerfile linter would ask for, as far as it concerns us.
import { describe, expect, it } from '@jest/globals';
import { readText } from './source-files.ts';

/** Instructions of the Dockerfile with continued lines joined. */
const INSTRUCTIONS = readText('Dockerfile')
  .replace(/\\\n\s*/g, ' ')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

/** Instructions of the last stage: what the image is. */
const IMAGE = INSTRUCTIONS.slice(INSTRUCTIONS.findLastIndex((line) => line.startsWith('FROM ')));

function valueOf(instruction: string): string | undefined {
  return IMAGE.findLast((line) => line.startsWith(`${instruction} `))?.slice(instruction.length + 1);
}

describe('container image', () => {
  it('starts from a tagged slim image of Node 24 in every stage', () => {
    const bases = INSTRUCTIONS.filter((line) => line.startsWith('FROM ')).map((line) => line.split(' ')[1]);
    expect(new Set(bases)).toEqual(new Set(['node:24-bookworm-slim']));
  });

  it('runs as a user without rights, after everything is copied', () => {
    expect(valueOf('USER')).toBe('node');
    const user = IMAGE.findIndex((line) => line.startsWith('USER '));
    expect(IMAGE.slice(user).filter((line) => /^(COPY|ADD|RUN) /.test(line))).toEqual([]);
  });

  it('installs from the lock file, without development and optional packages', () => {
    const installs = INSTRUCTIONS.filter((line) => /\bnpm\b/.test(line) && !line.includes('npm run build'));
    expect(installs).toEqual(['RUN npm ci --omit=optional', 'RUN npm ci --omit=dev --omit=optional']);
    expect(IMAGE.filter((line) => line.startsWith('COPY --from=dependencies '))).toHaveLength(1);
  });

  it('starts Node itself, so that SIGTERM reaches it, and not a shell or npm', () => {
    expect(JSON.parse(valueOf('CMD') ?? '')).toEqual(['node', '--max-semi-space-size=8', 'dist/src/main.js']);
    expect(valueOf('STOPSIGNAL')).toBe('SIGTERM');
  });

  it('listens on every interface of its container and asks itself for its health', () => {
    expect(valueOf('ENV')).toContain('HOST=0.0.0.0');
    expect(valueOf('ENV')).toContain('NODE_ENV=production');
    expect(valueOf('HEALTHCHECK')).toContain('/health');
  });

  it('copies named folders only and never a secret', () => {
    const copied = INSTRUCTIONS.filter((line) => /^(COPY|ADD) /.test(line));
    expect(copied.filter((line) => /^ADD |(COPY|\s)\.\s|\.env/.test(line))).toEqual([]);
    expect(readText('.dockerignore').split('\n')[0]).toBe('*');
    expect(readText('.dockerignore')).not.toMatch(/^!.*\.env/m);
  });
});
