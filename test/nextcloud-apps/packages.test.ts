// package.sh, run as an administrator runs it.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APPS, APPS_FOLDER, infoOf } from './app-sources.ts';

const EPOCH = '1767225600';

describe('package.sh', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'voiceassist-packages-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a package.sh; the environment is that of an administrator. */
  function run(sources: string, words: readonly string[], env: Record<string, string> = {}) {
    const result = spawnSync('bash', [join(sources, 'package.sh'), ...words], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, SOURCE_DATE_EPOCH: EPOCH, ...env },
    });
    return { status: result.status, output: result.stdout + result.stderr };
  }

  function digests(target: string): Record<string, string> {
    const names = readdirSync(join(folder, target)).filter((name) => name.endsWith('.tar.gz'));
    return Object.fromEntries(
      names.map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(folder, target, name)))
          .digest('hex'),
      ]),
    );
  }

  it('X-ops4: makes an archive of each app, and the same bytes from other copies, times, zones and masks', () => {
    expect(run(APPS_FOLDER, ['first'])).toMatchObject({ status: 0 });
    expect(Object.keys(digests('first')).sort()).toEqual(APPS.map((app) => `${app}.tar.gz`).sort());

    const copy = join(folder, 'copy');
    cpSync(APPS_FOLDER, copy, { recursive: true });
    for (const name of readdirSync(copy, { recursive: true, encoding: 'utf8' })) utimesSync(join(copy, name), 1, 1);
    execFileSync('chmod', ['-R', 'g+w,o-r', join(copy, 'gateway')]);
    expect(run(copy, ['second'], { TZ: 'Asia/Tokyo', LC_ALL: 'C.UTF-8' })).toMatchObject({ status: 0 });
    expect(digests('second')).toEqual(digests('first'));
  });

  it('Q3: packs what was assembled, and signed, to an archive with what was added', () => {
    expect(run(APPS_FOLDER, ['--assemble', 'assembled']).status).toBe(0);
    expect(run(APPS_FOLDER, ['--pack', 'assembled', 'third']).status).toBe(0);
    expect(digests('third')).toEqual(digests('first'));
    writeFileSync(join(folder, 'assembled/voiceassist_docs/appinfo/signature.json'), '{}');
    expect(run(APPS_FOLDER, ['--pack', 'assembled', 'signed']).status).toBe(0);
    expect(listing('signed', 'voiceassist_docs').map(({ path }) => path)).toContain('appinfo/signature.json');
  });

  function listing(target: string, app: string): { path: string; line: string }[] {
    const archive = join(folder, target, `${app}.tar.gz`);
    const lines = execFileSync('tar', ['--list', '--verbose', '--numeric-owner', '--file', archive], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC' },
    });
    return lines
      .trim()
      .split('\n')
      .map((line) => ({ line, path: line.replace(new RegExp(`^.* ${app}/`), '') }));
  }

  it.each(APPS)(
    'Q3: the archive of %s holds what the app needs, owned by nobody in particular, and nothing else',
    (app) => {
      const entries = listing('first', app);
      for (const { line } of entries) expect(line).toMatch(/^(drwxr-xr-x|-rw-r--r--) 0\/0 +\d+ 2026-01-01 00:00 /);
      const files = entries.filter(({ line }) => line.startsWith('-')).map(({ path }) => path);
      expect(files).toEqual(
        expect.arrayContaining(['LICENSE', 'appinfo/info.xml', 'appinfo/routes.php', 'lib/Gateway/Gateway.php']),
      );
      expect(files.filter((path) => !/^(LICENSE|(appinfo|css|img|js|lib|templates)\/[\w/.-]+)$/.test(path))).toEqual(
        [],
      );
      expect(files.some((path) => /(^|\/)\./.test(path))).toBe(false);
      const order = entries.map(({ path }) => path.replace(/\/$/, '').replaceAll('/', '\0'));
      expect(order.slice(1)).toEqual(order.slice(1).sort());
      expect(files.includes('js/connection.js')).toBe(app !== 'voiceassist_docs');
    },
  );

  it('X-ops4: gives each app a gateway in its own namespace: no class is declared by two of them', () => {
    const classes = APPS.map((app) => {
      const target = join(folder, 'unpacked');
      mkdirSync(target, { recursive: true });
      execFileSync('tar', ['--extract', '--file', join(folder, 'first', `${app}.tar.gz`), '--directory', target]);
      const php = readdirSync(join(target, app, 'lib'), { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.php'),
      );
      const namespaces = php.map((name) => {
        const text = readFileSync(join(target, app, 'lib', name), 'utf8');
        expect(text).not.toContain('VoiceAssistGateway');
        return /^namespace ([\w\\]+);$/m.exec(text)?.[1];
      });
      return [...new Set(namespaces)].sort();
    });
    for (const [index, app] of APPS.entries()) {
      const root = `OCA\\${infoOf(app, 'namespace') ?? ''}`;
      expect(classes[index]).toEqual(expect.arrayContaining([`${root}\\Controller`, `${root}\\Gateway`]));
      expect(classes[index]?.filter((name) => !name?.startsWith(`${root}\\`))).toEqual([]);
    }
    expect(new Set(classes.flat()).size).toBe(classes.flat().length);
  });

  it('X-ops4: refuses an id that Nextcloud would not accept', () => {
    const sources = join(folder, 'hyphen');
    cpSync(APPS_FOLDER, sources, { recursive: true });
    const info = join(sources, 'voiceassist_admin/appinfo/info.xml');
    writeFileSync(info, readFileSync(info, 'utf8').replace('<id>voiceassist_admin<', '<id>voiceassist-admin<'));
    const { status, output } = run(sources, ['refused']);
    expect([status, output]).toEqual([1, expect.stringContaining('voiceassist_admin')]);
    cpSync(join(sources, 'voiceassist_admin'), join(sources, 'voiceassist-admin'), { recursive: true });
    const script = readFileSync(join(sources, 'package.sh'), 'utf8');
    writeFileSync(join(sources, 'package.sh'), script.replace(/^apps=.*$/m, 'apps=(voiceassist-admin)'));
    expect(run(sources, ['refused']).output).toContain('voiceassist-admin is no valid app id');
  });

  it.each([['--unknown'], ['--assemble'], ['one', 'two']])('says how it is used when it is not: %s', (...words) => {
    expect(run(APPS_FOLDER, words).status).toBe(1);
  });
});
