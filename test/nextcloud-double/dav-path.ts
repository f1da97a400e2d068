import { forbidden, invalidPath } from './dav-error.ts';

const MAX_NAME_BYTES = 250;
const FILE_SYSTEM_NAME_BYTES = 255;
const UPLOAD_SUFFIX_BYTES = '.ocTransferId1234567890.part'.length;

/** @returns the names of a raw request path, percent-decoded and NFC; Latin-1 escapes are tolerated like UTF-8 ones. */
export function decodePath(rawPath: string): string[] {
  return rawPath
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => decodeSegment(segment).normalize('NFC'));
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
}

/** @returns the path as sabre/dav writes it into an href: lower-case hex, brackets, colon and at-sign left alone. */
export function encodePath(names: readonly string[]): string {
  return names.map(encodeName).join('/');
}

function encodeName(name: string): string {
  let encoded = '';
  for (const byte of Buffer.from(name, 'utf8')) {
    const character = String.fromCharCode(byte);
    encoded += /[A-Za-z0-9_\-.~():@]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
  }
  return encoded;
}

/** Refuses `.` and `..` that arrived percent-encoded. @throws DavError 400 InvalidPath */
export function refuseDotSegments(path: readonly string[]): void {
  if (path.some((name) => name === '.' || name === '..')) throw invalidPath('Dot files are not allowed');
}

/** Checks a name that is about to be created. @throws DavError 400 or 403 */
export function refuseBadName(name: string): void {
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\\\u0000-\u001f]/.test(name)) throw invalidPath('File name contains at least one invalid character');
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw invalidPath('File name is too long');
  if (name.toLowerCase() === '.htaccess') throw forbidden('');
}

/** Uploads are written under a longer temporary name first, so shorter names than the limit already fail with 500. */
export function isTooLongForUpload(name: string): boolean {
  return Buffer.byteLength(name) + UPLOAD_SUFFIX_BYTES > FILE_SYSTEM_NAME_BYTES;
}
