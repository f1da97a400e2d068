import type { Answer } from './answer.ts';
import { destinationOf, findNode, findParent, getNode } from './dav-context.ts';
import type { DavContext } from './dav-context.ts';
import {
  badRequest,
  conflict,
  DavError,
  fileLocked,
  forbidden,
  lockedOnMove,
  methodNotAllowed,
  preconditionFailed,
} from './dav-error.ts';
import { refuseBadName } from './dav-path.ts';
import { parseBody } from './dav-propfind.ts';
import { davFileId } from './dav-properties.ts';
import { isInside, isMountRoot } from './tree-node.ts';
import type { FolderNode, Located, TreeNode } from './tree-node.ts';

/** MKCOL: creates one folder in an existing one. */
export async function makeCollection(context: DavContext): Promise<Answer> {
  checkMkcolBody((await context.exchange.readBody()).toString('utf8'), context.exchange.header('content-type') ?? '');
  const path = 'path' in context.target ? context.target.path : [];
  if (context.target.kind === 'foreign' && path.length === 1) throw forbidden('Permission denied to create directory');
  if (context.target.kind !== 'home' || findNode(context) !== null) {
    throw methodNotAllowed('The resource you tried to create already exists');
  }
  const parent = findParent(context, path);
  if (parent === null) {
    const isFile = findNode(context, path.slice(0, -1)) !== null;
    throw conflict(isFile ? 'Parent node is not a collection' : 'Parent node does not exist');
  }
  const name = path.at(-1) ?? '';
  refuseBadName(name);
  return { status: 201, headers: { 'OC-FileId': davFileId(context.state.tree.createFolder(parent, name)) } };
}

/** An extended MKCOL names its resource type in an XML body. @throws DavError 415 or 400 */
function checkMkcolBody(body: string, contentType: string): void {
  if (body === '') return;
  if (!/^(application|text)\/xml/.test(contentType)) {
    const message = 'The request body for the MKCOL request must have an xml Content-Type';
    throw new DavError(415, 'Sabre\\DAV\\Exception\\UnsupportedMediaType', { message });
  }
  const root = parseBody(body).name;
  if (root !== '{DAV:}mkcol') throw badRequest(`Expected {DAV:}mkcol but received ${root} as the root element`);
}

/** DELETE: removes a file or a whole folder; on a share it leaves the owner's node alone. */
export async function remove(context: DavContext): Promise<Answer> {
  await context.exchange.readBody();
  const isForeignRoot = context.target.kind === 'foreign' && context.target.path.length === 0;
  if (isForeignRoot || !('path' in context.target)) throw forbidden('Permission denied to delete node');
  const { path } = getNode(context);
  if (path.length === 0) throw forbidden('Permission denied to delete home folder');
  const node = getNode(context);
  if (isBusy(context, node)) throw fileLocked(path);
  detach(context, node);
  return { status: 204 };
}

/** MOVE and COPY: the Destination's host is ignored, and an existing target is replaced unless Overwrite says F. */
export async function moveOrCopy(context: DavContext): Promise<Answer> {
  await context.exchange.readBody();
  const isMove = context.exchange.method === 'MOVE';
  const header = context.exchange.header('destination');
  if (header === null || header === '') throw badRequest('The destination header was not supplied');
  const source = getNode(context);
  const path = destinationOf(context, header);
  const existing = prepareDestination(context, source, path);
  const parent = findParent(context, path);
  if (parent === null) throw conflict('The destination node is not found');
  if (isMove && isBusy(context, source)) throw lockedOnMove(source.path);
  if (existing !== null) {
    if (path.length === 0) throw forbidden('Permission denied to delete home folder');
    if (isBusy(context, existing)) throw isMove ? lockedOnMove(path) : fileLocked(path);
    detach(context, existing);
  }
  const node = isMove
    ? relocate(context, source, { parent, path })
    : context.state.tree.copy(source.node, parent, path.at(-1) ?? '');
  const etag = isMove && node.kind === 'file' ? { ETag: `"${node.etag}"`, 'OC-ETag': `"${node.etag}"` } : {};
  return { status: existing === null ? 201 : 204, headers: { ...etag, 'OC-FileId': davFileId(node) } };
}

/** @returns what the operation will replace. @throws DavError when the destination is impossible */
function prepareDestination(context: DavContext, source: Located, path: readonly string[]): Located | null {
  const from = source.path.join('/');
  const to = path.join('/');
  if (from === to) throw forbidden('Source and destination uri are identical.');
  if (source.node.kind === 'folder' && (from === '' || to.startsWith(`${from}/`))) {
    throw conflict('The destination may not be part of the same subtree as the source path.');
  }
  const overwrite = context.exchange.header('overwrite')?.toUpperCase() ?? 'T';
  if (overwrite !== 'T' && overwrite !== 'F') throw badRequest('The HTTP Overwrite header should be either T or F');
  const existing = findNode(context, path);
  if (existing === null) refuseBadName(path.at(-1) ?? '');
  if (existing !== null && overwrite === 'F') {
    const message = 'The destination node already exists, and the overwrite header is set to false';
    throw preconditionFailed('Overwrite', message);
  }
  return existing;
}

function relocate(
  context: DavContext,
  source: Located,
  to: { parent: FolderNode; path: readonly string[] },
): Located['node'] {
  context.state.tree.relocate(entryOf(source), to.parent, to.path.at(-1) ?? '');
  return source.node;
}

function detach(context: DavContext, located: Located): void {
  context.state.tree.detach(entryOf(located));
}

/** The entry in the viewer's own tree: the mount for a share's root, the node itself otherwise. */
function entryOf(located: Located): TreeNode {
  return located.mount !== null && isMountRoot(located) ? located.mount : located.node;
}

function isBusy(context: DavContext, located: Located): boolean {
  if (located.node.kind === 'file') return context.state.locks.isBusy(located.node);
  const folder = located.node;
  return context.state.locks.busyFiles().some((file) => file.parent !== null && isInside(file.parent, folder));
}
