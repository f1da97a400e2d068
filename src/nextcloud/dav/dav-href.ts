import { failure } from '../../outbound/transport-error.ts';
import { findPathFault } from './dav-path.ts';

/** Where a user's files are: the decoded names of the home collection's URL path. */
export interface DavHome {
  readonly url: string;
  readonly names: readonly string[];
}

/**
 * The home collection of a user.
 * @param baseUrl address of the Nextcloud, with or without a path and a trailing slash
 */
export function davHome(baseUrl: string, uid: string): DavHome {
  const base = baseUrl.replace(/\/+$/, '');
  return {
    url: davAreaUrl(baseUrl, uid, 'files'),
    names: new URL(base).pathname.split('/').filter(Boolean).concat('remote.php', 'dav', 'files', uid),
  };
}

/** A user's files, their unfinished uploads, or the root of all that is DAV. */
export type DavArea = 'files' | 'uploads' | 'root';

/** The URL of an area, without a trailing slash. */
export function davAreaUrl(baseUrl: string, uid: string, area: DavArea): string {
  const root = `${baseUrl.replace(/\/+$/, '')}/remote.php/dav`;
  return area === 'root' ? root : `${root}/${area}/${encodeURIComponent(uid)}`;
}

/**
 * Turns an href of a multistatus into a path below the home.
 * @returns the path in its normal form, or null when the name cannot be asked for again
 * @throws {DomainError} `upstream-protocol-error` when the href does not lie under the home
 */
export function findPathOfHref(href: string, home: DavHome, upstream: string): string | null {
  const names = decodedNames(href);
  if (!names) throw failure('upstream-protocol-error', upstream, 'href-encoding');
  const isUnderHome = home.names.every((name, index) => names[index] === name.normalize('NFC'));
  const below = names.slice(home.names.length);
  if (!isUnderHome || below.includes('..') || below.includes('.')) {
    throw failure('upstream-protocol-error', upstream, 'href-outside-home');
  }
  if (below.some((name) => name.includes('/'))) return null;
  const path = `/${below.join('/')}`;
  return findPathFault(path) === null ? path : null;
}

/** Decodes name by name, so that an encoded slash stays part of its name; the URL parser would resolve `..` first. */
function decodedNames(href: string): string[] | null {
  const path = href.replace(/^https?:\/\/[^/?#]*/i, '');
  if (!path.startsWith('/') || /[?#]/.test(path)) return null;
  try {
    const names = path
      .slice(1)
      .split('/')
      .map((name) => decodeURIComponent(name).normalize('NFC'));
    if (names.at(-1) === '') names.pop();
    return names;
  } catch {
    return null;
  }
}
