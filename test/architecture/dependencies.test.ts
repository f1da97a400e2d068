// Every package has a reason that somebody wrote down, an exact version, and a lock file that npm ci accepts everywhere.
import { describe, expect, it } from '@jest/globals';
import { readText } from './source-files.ts';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>;
}

const MANIFEST = JSON.parse(readText('package.json')) as Manifest;
const LOCK = JSON.parse(readText('package-lock.json')) as Lock;
const VERSIONS = { ...MANIFEST.dependencies, ...MANIFEST.devDependencies, ...MANIFEST.optionalDependencies };

describe('dependencies', () => {
  it('each have a line with a reason and a licence in docs/dependencies.md, and no line has no package', () => {
    const rows = [...readText('docs/dependencies.md').matchAll(/^\| `([^`]+)` +\| (\S.*\S) +\| (\S.*\S) +\|$/gm)];
    expect(rows.map(([, name]) => name).sort()).toEqual(Object.keys(VERSIONS).sort());
  });

  it('have exact versions; TypeScript may move within its minor', () => {
    const inexact = Object.entries(VERSIONS).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
    expect(Object.fromEntries(inexact)).toEqual({ typescript: '~6.0.3' });
  });

  it('are locked for every platform: npm ci refuses a lock file that lacks a platform package', () => {
    const missing = Object.entries(LOCK.packages).flatMap(([folder, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => findLocked(folder, name) === undefined),
    );
    expect(missing).toEqual([]);
  });
});

/** The lock entry that Node would resolve `name` to from a package folder, if there is one. */
function findLocked(folder: string, name: string): string | undefined {
  const parts = folder === '' ? [] : folder.split('node_modules/').slice(1);
  for (let depth = parts.length; depth >= 0; depth -= 1) {
    const base = parts.slice(0, depth).map((part) => `node_modules/${part.replace(/\/$/, '')}/`);
    const candidate = `${base.join('')}node_modules/${name}`;
    if (candidate in LOCK.packages) return candidate;
  }
  return undefined;
}
