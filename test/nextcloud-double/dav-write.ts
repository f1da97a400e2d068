import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Answer } from './answer.ts';
import { checkConditions } from './dav-conditions.ts';
import { findNode, findParent, notFoundPath } from './dav-context.ts';
import type { DavContext } from './dav-context.ts';
import { badRequest, conflict, DavError, fileLocked, insufficientStorage } from './dav-error.ts';
import { isTooLongForUpload, refuseBadName } from './dav-path.ts';
import { availableBytes, davFileId } from './dav-properties.ts';
import type { FileNode } from './tree-node.ts';
import type { WriteOptions } from './tree.ts';

/** PUT: creates or overwrites one file. */
export async function put(context: DavContext): Promise<Answer> {
  const { exchange, state, target } = context;
  if (target.kind !== 'home' || target.path.length === 0) throw conflict('PUT is not allowed on non-files.');
  const located = findNode(context);
  checkConditions(exchange, located, state);
  if (exchange.header('content-range') !== null) throw badRequest('Content-Range on PUT requests are forbidden.');
  if (located === null) return create(context, target.path);
  if (located.node.kind === 'folder') throw conflict('PUT is not allowed on non-files.');
  refuseOverQuota(context, located.ownerUid, target.path);
  const release = await lockForWriting(context, located.node, target.path);
  try {
    state.tree.write(located.node, await exchange.readBody(), writeOptions(context));
  } finally {
    release();
  }
  return written(context, 204, located.node);
}

async function create(context: DavContext, path: readonly string[]): Promise<Answer> {
  const { exchange, state } = context;
  const name = path.at(-1) ?? '';
  const parent = findParent(context, path);
  if (parent === null) throw notFoundPath(path.slice(0, -1));
  refuseBadName(name);
  if (isTooLongForUpload(name)) {
    const message = 'Error while copying file to target location (copied: -1 bytes, expected filesize: -1 bytes)';
    throw new DavError(500, 'Sabre\\DAV\\Exception', { message });
  }
  refuseOverQuota(context, findNode(context, path.slice(0, -1))?.ownerUid ?? context.account.uid, path);
  const content = await exchange.readBody();
  const meanwhile = parent.children.get(name);
  if (meanwhile?.kind === 'folder') throw conflict('PUT is not allowed on non-files.');
  const node = meanwhile?.kind === 'file' ? meanwhile : state.tree.createFile(parent, name, content);
  if (state.locks.isBusy(node)) throw fileLocked(path);
  state.tree.write(node, content, writeOptions(context));
  return written(context, meanwhile === undefined ? 201 : 204, node);
}

/** Every writer first shares the file and then wants it alone: writers that arrive together all lose. */
async function lockForWriting(context: DavContext, node: FileNode, path: readonly string[]): Promise<() => void> {
  const share = context.state.locks.tryShare(node);
  if (share === null) throw fileLocked(path);
  await nextTurn();
  const release = context.state.locks.tryUpgrade(node, share);
  if (release !== null) return release;
  share();
  throw fileLocked(path);
}

function refuseOverQuota(context: DavContext, ownerUid: string, path: readonly string[]): void {
  const length = context.exchange.header('oc-total-length') ?? context.exchange.header('content-length');
  const available = availableBytes(ownerUid, context.state);
  if (length === null || available < 0 || Number(length) <= available) return;
  throw insufficientStorage(path, { required: Number(length), available });
}

function writeOptions(context: DavContext): WriteOptions {
  const mtime = Number(context.exchange.header('x-oc-mtime') ?? Number.NaN);
  const checksum = context.exchange.header('oc-checksum');
  return {
    ...(Number.isFinite(mtime) ? { mtimeSeconds: Math.floor(mtime) } : {}),
    ...(checksum === null ? {} : { checksum }),
  };
}

function written(context: DavContext, status: number, node: FileNode): Answer {
  const etag = `"${node.etag}"`;
  const hasMtime = context.exchange.header('x-oc-mtime') !== null;
  const headers = {
    'OC-FileId': davFileId(node),
    ETag: etag,
    'OC-ETag': etag,
    ...(hasMtime ? { 'X-OC-MTime': 'accepted' } : {}),
  };
  return { status, headers };
}
