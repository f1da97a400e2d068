import type { Account } from './accounts.ts';
import { conflict, forbidden, notFound } from './dav-error.ts';
import { decodePath, encodePath, refuseDotSegments } from './dav-path.ts';
import { withoutDotSegments } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import type { ServerState } from './server-state.ts';
import type { FolderNode, Located } from './tree-node.ts';

const DAV_ROOT = '/remote.php/dav';
const LEGACY_ROOT = '/remote.php/webdav';

/** What a DAV path addresses. */
export type DavTarget =
  | { readonly kind: 'root' }
  | { readonly kind: 'homes' }
  | { readonly kind: 'foreign'; readonly uid: string; readonly path: readonly string[] }
  | { readonly kind: 'home'; readonly path: readonly string[] };

/** An authenticated DAV request on the caller's own files, or on one of the collections above them. */
export interface DavContext {
  readonly exchange: Exchange;
  readonly state: ServerState;
  readonly account: Account;
  readonly target: DavTarget;
  /** The encoded prefix of every href, spelled as the client spelled it. */
  readonly hrefBase: string;
}

/** @throws DavError when the path leads nowhere */
export function openContext(exchange: Exchange, state: ServerState, account: Account): DavContext {
  const names = decodePath(exchange.path);
  refuseDotSegments(names);
  const shared = { exchange, state, account };
  if (exchange.path === LEGACY_ROOT || exchange.path.startsWith(`${LEGACY_ROOT}/`)) {
    return { ...shared, target: { kind: 'home', path: names.slice(2) }, hrefBase: LEGACY_ROOT };
  }
  const [area, uid, ...path] = names.slice(2);
  if (area === undefined) return { ...shared, target: { kind: 'root' }, hrefBase: DAV_ROOT };
  if (area !== 'files') throw notFound(`File not found: ${area} in 'root'`);
  if (uid === undefined) return { ...shared, target: { kind: 'homes' }, hrefBase: `${DAV_ROOT}/files` };
  const hrefBase = `${DAV_ROOT}/files/${encodePath([uid])}`;
  const owner = state.accounts.find(uid);
  if (owner === null) throw notFound(`Principal with name ${uid} not found`);
  if (owner.uid === account.uid) return { ...shared, target: { kind: 'home', path }, hrefBase };
  return { ...shared, target: { kind: 'foreign', uid, path }, hrefBase };
}

/** @returns the node under the caller's path; null when nothing is there or the path is not a file path. */
export function findNode(context: DavContext, path?: readonly string[]): Located | null {
  const wanted = path ?? (context.target.kind === 'home' ? context.target.path : null);
  return wanted === null ? null : context.state.tree.find(context.account.uid, wanted);
}

/** @throws DavError 404 */
export function getNode(context: DavContext): Located {
  const located = findNode(context);
  if (located !== null) return located;
  const { target } = context;
  if (target.kind === 'foreign') throw notFound(`File not found: ${target.path[0] ?? ''} in '${target.uid}'`);
  throw notFoundPath(target.kind === 'home' ? target.path : []);
}

/** @returns the 404 of a missing path, naming it with the double slash of the original. */
export function notFoundPath(path: readonly string[]): ReturnType<typeof notFound> {
  return notFound(`File with name //${path.join('/')} could not be located`);
}

/** @returns the folder a path's last name belongs into; null when it is missing or a file. */
export function findParent(context: DavContext, path: readonly string[]): FolderNode | null {
  const parent = findNode(context, path.slice(0, -1))?.node;
  return parent?.kind === 'folder' ? parent : null;
}

/** @returns the href of a resource; collections end in a slash. */
export function hrefOf(context: DavContext, located: Located): string {
  const path = located.path.length === 0 ? '' : `/${encodePath(located.path)}`;
  return `${context.hrefBase}${path}${located.node.kind === 'folder' ? '/' : ''}`;
}

/** Reads the Destination header; its host is ignored, its path must lie under the caller's home. @throws DavError */
export function destinationOf(context: DavContext, destination: string): readonly string[] {
  const rawPath = withoutDotSegments(destination.replace(/^[a-z]+:\/\/[^/]*/i, ''));
  const names = decodePath(rawPath);
  refuseDotSegments(names);
  const isLegacy = names[0] === 'remote.php' && names[1] === 'webdav';
  if (isLegacy && context.hrefBase === LEGACY_ROOT) return names.slice(2);
  if (names[0] !== 'remote.php' || names[1] !== 'dav') {
    throw forbidden(`Requested uri (${rawPath}) is out of base uri (${DAV_ROOT}/)`);
  }
  const [, , area, uid, ...path] = names;
  const owner = area === 'files' ? context.state.accounts.find(uid ?? '') : null;
  if (owner?.uid === context.account.uid) return path;
  if (area === 'files' && uid === undefined) throw forbidden('Permission denied to delete node');
  const created = owner === null ? names.slice(3) : path;
  if (created.length === 1) throw forbidden(`Permission denied to create file (filename ${created[0] ?? ''})`);
  throw conflict('The destination node is not found');
}
