import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './answer.ts';
import { findNode, findParent, notFoundPath } from './dav-context.ts';
import type { DavContext } from './dav-context.ts';
import { badRequest, conflict, DavError, fileLocked, forbidden, insufficientStorage, notFound } from './dav-error.ts';
import { isTooLongForUpload, refuseBadName } from './dav-path.ts';
import { availableBytes, davFileId } from './dav-properties.ts';
import type { FileNode } from './tree-node.ts';
import type { WriteOptions } from './tree.ts';

const FIRST_DAY_SECONDS = 24 * 60 * 60;
/** How long a writer holds the shared lock before it wants the exclusive one. */
const LOCK_WINDOW_MS = 3;

/** PUT: creates or overwrites one file. */
export async function put(context: DavContext): Promise<Answer> {
  const { exchange, state, target } = context;
  if (target.kind === 'foreign' && target.path.length === 1) {
    throw forbidden(`Permission denied to create file (filename ${target.path[0] ?? ''})`);
  }
  if (target.kind !== 'home' || target.path.length === 0) throw conflict('PUT is not allowed on non-files.');
  const located = findNode(context);
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
  refuseBadMtime(context);
  return written(context, 204, located.node);
}

async function create(context: DavContext, path: readonly string[]): Promise<Answer> {
  const { exchange, state } = context;
  const name = path.at(-1) ?? '';
  const parent = findParent(context, path);
  if (parent === null) {
    const isFile = findNode(context, path.slice(0, -1)) !== null;
    throw isFile
      ? notFound(`Node with name '${path.at(-2) ?? ''}' could not be found`)
      : notFoundPath(path.slice(0, -1));
  }
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
  refuseBadMtime(context);
  return written(context, meanwhile === undefined ? 201 : 204, node);
}

/** Every writer first shares the file and then wants it alone: writers that arrive together all lose. */
async function lockForWriting(context: DavContext, node: FileNode, path: readonly string[]): Promise<() => void> {
  const share = context.state.locks.tryShare(node);
  if (share === null) throw fileLocked(path);
  await sleep(LOCK_WINDOW_MS);
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

/** @returns whole seconds; null without the header or when its value is no usable time. */
function mtimeOf(context: DavContext): number | null {
  const header = context.exchange.header('x-oc-mtime');
  const mtime = Math.floor(Number(header ?? Number.NaN));
  return mtime > FIRST_DAY_SECONDS ? mtime : null;
}

/** A bad time is noticed after the content is stored: the client gets 500 and the file is there. */
function refuseBadMtime(context: DavContext): void {
  const header = context.exchange.header('x-oc-mtime');
  if (header === null || mtimeOf(context) !== null) return;
  const isNumber = Number.isFinite(Number(header));
  const message = `X-OC-MTime header must be ${isNumber ? 'a valid positive integer' : 'an integer (unix timestamp).'}`;
  throw new DavError(500, 'InvalidArgumentException', { message });
}

function writeOptions(context: DavContext): WriteOptions {
  const mtime = mtimeOf(context);
  const checksum = context.exchange.header('oc-checksum');
  return {
    ...(mtime === null ? {} : { mtimeSeconds: mtime }),
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
