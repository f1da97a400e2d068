// Preloaded (`node --import`) into the test runner and into server processes of tests: runs the sources as they stand,
// so that no build is needed and none can be stale. Node itself strips types, but compiles no decorators.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { threadId } from 'node:worker_threads';
import type * as Swc from '@swc/core';

const ROOT = new URL('../../', import.meta.url);
const GLOBALS = new URL('test/runner/jest-globals.ts', ROOT).href;
const CACHE = fileURLToPath(new URL('node_modules/.cache/voiceassist/modules/', ROOT));
const require = createRequire(import.meta.url);

const OPTIONS: Swc.Options = {
  swcrc: false,
  sourceMaps: true,
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
    target: 'es2023',
  },
  module: { type: 'es6' },
};
const KEY = JSON.stringify([OPTIONS, (require('@swc/core/package.json') as { version: string }).version]);

/** Where the source map of each loaded module is, by the module's URL: the registry that jest asks for stack traces. */
export const sourceMaps = new Map<string, string>();

mkdirSync(CACHE, { recursive: true });

registerHooks({
  resolve(specifier, context, nextResolve) {
    return specifier === '@jest/globals' ? { url: GLOBALS, shortCircuit: true } : nextResolve(specifier, context);
  },
  load(url, context, nextLoad) {
    const file = url.split('?', 1)[0]!;
    const isOurs = file.startsWith(ROOT.href) && file.endsWith('.ts') && !file.includes('/node_modules/');
    if (!isOurs) return nextLoad(url, context);
    const kept = keep(fileURLToPath(file));
    sourceMaps.set(url, `${kept}.map`);
    return { format: 'module', source: readFileSync(kept, 'utf8'), shortCircuit: true };
  },
});

/**
 * The compiler takes a while to load and to run, so what it makes is kept under a digest of the source.
 *
 * @returns path of the compiled module; its source map lies beside it
 */
function keep(path: string): string {
  const source = readFileSync(path, 'utf8');
  const kept = CACHE + createHash('sha1').update(KEY).update(path).update(source).digest('hex') + '.js';
  if (existsSync(kept)) return kept;
  const { transformSync } = require('@swc/core') as typeof Swc;
  const { code, map } = transformSync(source, { ...OPTIONS, filename: path });
  write(`${kept}.map`, map ?? '{}');
  write(kept, code);
  return kept;
}

/** Another process may write the same at the same time. */
function write(path: string, text: string): void {
  const unfinished = `${path}.${String(process.pid)}-${String(threadId)}`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, path);
}
