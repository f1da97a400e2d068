import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { Account } from './accounts.ts';
import type { Answer } from './answer.ts';
import { destinationOf, findNode, findParent } from './dav-context.ts';
import type { DavContext } from './dav-context.ts';
import {
  badRequest,
  conflict,
  fileLocked,
  insufficientStorage,
  methodNotAllowed,
  notFound,
  preconditionFailed,
} from './dav-error.ts';
import { checkIf } from './dav-if.ts';
import { decodePath, refuseBadName } from './dav-path.ts';
import { availableBytes, davFileId } from './dav-properties.ts';
import type { Exchange } from './exchange.ts';
import type { ServerState } from './server-state.ts';
import type { FileNode } from './tree-node.ts';

/** Chunks that wait for their MOVE, by user and upload id. */
export class Uploads {
  /** Whether chunks are only counted and hashed, so that a test can send more than fits into memory. */
  discardsContent = false;
  readonly #open = new Map<string, Upload>();

  get openCount(): number {
    return this.#open.size;
  }

  find(uid: string, id: string): Upload | null {
    return this.#open.get(`${uid} ${id}`) ?? null;
  }

  open(uid: string, id: string): void {
    this.#open.set(`${uid} ${id}`, { chunks: new Map(), hash: createHash('sha256'), arrived: 0 });
  }

  close(uid: string, id: string): void {
    this.#open.delete(`${uid} ${id}`);
  }
}

interface Upload {
  readonly chunks: Map<string, Chunk>;
  /** Of the bytes in the order of their arrival. */
  readonly hash: Hash;
  arrived: number;
}

interface Chunk {
  readonly size: number;
  /** Null when the content is discarded. */
  readonly content: Buffer | null;
}

const UPLOADS = /^\/remote\.php\/dav\/uploads\//;

/** Chunked upload, version 2: MKCOL, PUT of chunks, MOVE of `.file`; DELETE gives it up. Null for other paths. */
export async function answerUpload(exchange: Exchange, state: ServerState, account: Account): Promise<Answer | null> {
  if (!UPLOADS.test(exchange.path)) return null;
  const [uid = '', id = '', name, ...rest] = decodePath(exchange.path).slice(3);
  if (uid !== account.uid || id === '' || rest.length > 0) throw notFound(`File not found: ${uid} in 'uploads'`);
  const upload = state.uploads.find(uid, id);
  if (exchange.method === 'MKCOL' && name === undefined) {
    await exchange.readBody();
    if (upload !== null) throw methodNotAllowed('The resource you tried to create already exists');
    state.uploads.open(uid, id);
    return { status: 201 };
  }
  if (upload === null) throw notFound(`File with name //${id} could not be located`);
  if (exchange.method === 'PUT' && name !== undefined) return putChunk(exchange, state, { upload, name });
  if (exchange.method === 'MOVE' && name === '.file') return join(exchange, state, { account, upload, id });
  await exchange.readBody();
  if (exchange.method !== 'DELETE' || name !== undefined) throw methodNotAllowed('');
  state.uploads.close(uid, id);
  return { status: 204 };
}

async function putChunk(
  exchange: Exchange,
  state: ServerState,
  { upload, name }: { upload: Upload; name: string },
): Promise<Answer> {
  const kept: Buffer[] = [];
  let size = 0;
  for await (const piece of exchange.bodyPieces()) {
    size += piece.length;
    upload.hash.update(piece);
    if (!state.uploads.discardsContent) kept.push(piece);
  }
  const isNew = !upload.chunks.has(name);
  upload.chunks.set(name, { size, content: state.uploads.discardsContent ? null : Buffer.concat(kept) });
  return { status: isNew ? 201 : 204 };
}

async function join(
  exchange: Exchange,
  state: ServerState,
  { account, upload, id }: { account: Account; upload: Upload; id: string },
): Promise<Answer> {
  await exchange.readBody();
  const context: DavContext = { exchange, state, account, target: { kind: 'root' }, hrefBase: '/remote.php/dav' };
  checkIf(context);
  const header = exchange.header('destination');
  if (header === null) throw badRequest('The destination header was not supplied');
  const path = destinationOf(context, header);
  const existing = findNode(context, path);
  if (existing !== null && exchange.header('overwrite')?.toUpperCase() === 'F') {
    throw preconditionFailed(
      'Overwrite',
      'The destination node already exists, and the overwrite header is set to false',
    );
  }
  const parent = findParent(context, path);
  if (parent === null) throw conflict('The destination node is not found');
  const chunks = [...upload.chunks].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, chunk]) => chunk);
  const size = chunks.reduce((sum, chunk) => sum + chunk.size, 0);
  const expected = Number(exchange.header('oc-total-length') ?? size);
  if (expected !== size) throw badRequest(`Chunks on server do not sum up to ${expected} but to ${size} bytes`);
  const available = availableBytes(account.uid, state);
  if (available >= 0 && size > available) throw insufficientStorage(path, { required: size, available });
  const name = path.at(-1) ?? '';
  if (existing === null) refuseBadName(name);
  if (existing?.node.kind === 'file' && state.locks.isBusy(existing.node)) throw fileLocked(path);
  const node = existing?.node.kind === 'file' ? existing.node : state.tree.createFile(parent, name, Buffer.alloc(0));
  store(state, node, { chunks, size, sha256: upload.hash.digest('hex') });
  state.uploads.close(account.uid, id);
  const etag = `"${node.etag}"`;
  const headers = { 'OC-FileId': davFileId(node), ETag: etag, 'OC-ETag': etag };
  return { status: existing === null ? 201 : 204, headers };
}

function store(
  state: ServerState,
  node: FileNode,
  { chunks, size, sha256 }: { chunks: readonly Chunk[]; size: number; sha256: string },
): void {
  const contents = chunks.map((chunk) => chunk.content);
  if (contents.includes(null)) state.tree.writeGenerated(node, size, { sha256 });
  else state.tree.write(node, Buffer.concat(contents as Buffer[]));
}
