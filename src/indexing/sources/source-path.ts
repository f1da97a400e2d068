const MAX_PATH_BYTES = 4000;
const MAX_NAME_BYTES = 250;
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const FORBIDDEN = /[\u0000-\u001f\u007f\\]/;

/** The one form of a path: leading slash, no trailing slash, NFC. */
export function normalPath(input: string): string {
  return `/${input.normalize('NFC').replace(/^\/+|\/+$/g, '')}`;
}

/** What is wrong with a path in its normal form, in words for a client; null when nothing is. */
export function findPathFault(path: string): string | null {
  if (!path.isWellFormed()) return 'must be well-formed Unicode';
  if (FORBIDDEN.test(path)) return 'must not hold control characters or a backslash';
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `must not be longer than ${MAX_PATH_BYTES} bytes`;
  const names = path.slice(1).split('/');
  if (names.some((name) => name === '' || name === '.' || name === '..')) return 'must not hold empty names, . or ..';
  if (names.some((name) => Buffer.byteLength(name) > MAX_NAME_BYTES)) {
    return `must not hold a name longer than ${MAX_NAME_BYTES} bytes`;
  }
  return null;
}

/** A folder's path as what paths below it begin with, before the slash: '' for the root. */
export function prefixOf(folder: string): string {
  return folder === '/' ? '' : folder;
}

/** Prefix of the folder that an entry lies in. */
export function parentPrefixOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** Last name of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** True for everything below the folder of a prefix, not for the folder itself. */
export function isBelow(path: string, prefix: string): boolean {
  return path.startsWith(`${prefix}/`) && path !== '/';
}

/** True when any folder of `prefixes` holds a path, however deep. Takes time by the depth, not by the number of prefixes. */
export function isBelowAny(path: string, prefixes: ReadonlySet<string>): boolean {
  if (prefixes.size === 0 || path === '/') return false;
  for (let prefix = parentPrefixOf(path); ; prefix = parentPrefixOf(prefix)) {
    if (prefixes.has(prefix)) return true;
    if (prefix === '') return false;
  }
}

/** The folders in their normal form, each once and none inside another. */
export function distinctRoots(folders: readonly string[]): string[] {
  const paths = [...new Set(folders.map(normalPath))];
  return paths.filter((path) => !paths.some((other) => other !== path && isBelow(path, prefixOf(other))));
}
