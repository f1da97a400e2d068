import { DomainError } from '../../problem/domain-error.ts';

/** Nextcloud stores at most 250 bytes of a name. */
const MAX_NAME_BYTES = 250;
/** Nextcloud stores at most 4,000 bytes of a path. */
const MAX_PATH_BYTES = 4_000;
const MAX_DECODINGS = 5;
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const FORBIDDEN = /[\u0000-\u001f\u007f\\]/;

/** Why a path cannot be used, in words for a client. */
export type PathFault = string;

/**
 * Checks a path inside a user's files and brings it into its one form: leading slash, no trailing slash, NFC (the form
 * in which Nextcloud stores names).
 * @throws {DomainError} `validation-failed` naming the parameter `path`
 */
export function davPath(input: string): string {
  const path = `/${input.normalize('NFC').replace(/^\/+|\/+$/g, '')}`;
  const fault = findPathFault(path);
  if (fault) throw new DomainError('validation-failed', { errors: [{ parameter: 'path', detail: fault }] });
  return path;
}

/** Finds what is wrong with a path in its normal form; null when nothing is. */
export function findPathFault(path: string): PathFault | null {
  if (/\p{Surrogate}/u.test(path)) return 'must be well-formed Unicode';
  if (FORBIDDEN.test(path)) return 'must not hold control characters or a backslash';
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `must not be longer than ${String(MAX_PATH_BYTES)} bytes`;
  const names = path === '/' ? [] : path.slice(1).split('/');
  if (names.includes('')) return 'must not hold an empty name';
  if (names.some((name) => Buffer.byteLength(name) > MAX_NAME_BYTES)) {
    return `must not hold a name longer than ${String(MAX_NAME_BYTES)} bytes`;
  }
  return names.some(climbs) ? 'must not hold . or .. as a name, encoded or not' : null;
}

/** The folder that a path lies in; both in their normal form, see `davPath`. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** Percent-encodes each name of a path in its normal form. */
export function encodeDavPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/**
 * True when a name is `.` or `..`, or turns into a path with such a name under repeated percent-decoding. We encode the
 * percent sign, but whatever stands between us and the files may decode once more than it should.
 */
function climbs(name: string): boolean {
  let text = name;
  for (let round = 0; round <= MAX_DECODINGS; round += 1) {
    if (text.split(/[/\\\p{Cc}]/u).some((part) => part === '.' || part === '..')) return true;
    const decoded = decodeAscii(text);
    if (decoded === text) return false;
    text = decoded;
  }
  return true;
}

function decodeAscii(text: string): string {
  return (
    text
      // Overlong UTF-8 for the full stop and the slash, which lenient decoders accept.
      .replace(/%c0%ae|%e0%80%ae/gi, '.')
      .replace(/%c0%af|%e0%80%af/gi, '/')
      .replace(/%([0-7][0-9a-f])/gi, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  );
}
