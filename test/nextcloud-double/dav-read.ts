import { randomBytes } from 'node:crypto';
import type { Answer } from './answer.ts';
import { checkConditions } from './dav-conditions.ts';
import { findNode, getNode } from './dav-context.ts';
import type { DavContext } from './dav-context.ts';
import { DavError, fileLocked } from './dav-error.ts';
import { downloadTypeOf } from './media-type.ts';
import type { FileNode, Located } from './tree-node.ts';

const PIECE_BYTES = 64 * 1024;
const INTERFACE_NOTICE =
  'This is the WebDAV interface. It can only be accessed by WebDAV clients such as the Nextcloud desktop sync client.';

/** GET and HEAD: a file with its ranges, or the notice every collection answers with status 200. */
export async function read(context: DavContext): Promise<Answer> {
  await context.exchange.readBody();
  const found = findNode(context);
  const notModified = checkConditions(context.exchange, found, context.state);
  if (notModified !== null) return notModified;
  const located = context.target.kind === 'home' ? getNode(context) : found;
  if (located === null || located.node.kind === 'folder') {
    return { status: 200, headers: { 'Content-Type': 'text/html; charset=UTF-8' }, body: INTERFACE_NOTICE };
  }
  return download(context, located, located.node);
}

function download(context: DavContext, located: Located, node: FileNode): Answer {
  const release = context.state.locks.tryShare(node);
  if (release === null) throw fileLocked(located.path);
  if (node.unnoticedContent !== null) context.state.tree.write(node, node.unnoticedContent, { uploadTimeSeconds: 0 });
  try {
    return { ...ranged(context, located, node), onClosed: release };
  } catch (error) {
    release();
    throw error;
  }
}

function ranged(context: DavContext, located: Located, node: FileNode): Answer {
  const headers = fileHeaders(located, node);
  const ifRange = context.exchange.header('if-range');
  const isCurrent = ifRange === null || ifRange === headers['ETag'];
  const ranges = isCurrent ? parseRanges(context.exchange.header('range'), node) : [];
  const [first] = ranges;
  if (first === undefined) {
    return { status: 200, headers: { ...headers, 'Content-Length': String(node.size) }, body: pieces(node.content) };
  }
  if (ranges.length === 1) {
    const body = node.content.subarray(first.start, first.end + 1);
    return { status: 206, headers: { ...headers, 'Content-Range': contentRange(first, node) }, body };
  }
  const boundary = randomBytes(8).toString('hex');
  const parts = ranges.map((range) => {
    const head = `--${boundary}\nContent-type: ${headers['Content-Type'] ?? ''}\nContent-range: ${contentRange(range, node)}\n\n`;
    return Buffer.concat([Buffer.from(head), node.content.subarray(range.start, range.end + 1), Buffer.from('\n')]);
  });
  const type = `multipart/byteranges; boundary=${boundary}`;
  return {
    status: 206,
    headers: { ...headers, 'Content-Type': type },
    body: Buffer.concat([...parts, Buffer.from(`--${boundary}--`)]),
  };
}

function fileHeaders(located: Located, node: FileNode): Record<string, string> {
  const name = located.path.at(-1) ?? '';
  const encodedName = encodeURIComponent(name).replace(
    /[!'()*]/g,
    (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return {
    'Content-Type': downloadTypeOf(name),
    'Last-Modified': new Date(node.mtimeSeconds * 1000).toUTCString(),
    ETag: `"${node.etag}"`,
    'OC-ETag': `"${node.etag}"`,
    'Content-Disposition': `attachment; filename*=UTF-8''${encodedName}; filename="${encodedName}"`,
    ...(node.checksum === null ? {} : { 'OC-Checksum': node.checksum }),
    'X-Accel-Buffering': 'no',
  };
}

interface ByteRange {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

/** @returns no ranges when the header is absent or unreadable. @throws DavError 416 beyond the end */
function parseRanges(header: string | null, node: FileNode): ByteRange[] {
  const specs = /^bytes=([\d,\s-]+)$/.exec(header ?? '')?.[1]?.split(',') ?? [];
  return specs.flatMap((spec) => {
    const [, first = '', last = ''] = /^\s*(\d*)-(\d*)\s*$/.exec(spec) ?? [];
    if (first === '' && last === '') return [];
    const start = first === '' ? Math.max(0, node.size - Number(last)) : Number(first);
    const end = first === '' || last === '' ? node.size - 1 : Math.min(Number(last), node.size - 1);
    if (start >= node.size) {
      const message = `The start offset (${start}) exceeded the size of the entity (${node.size})`;
      throw new DavError(416, 'Sabre\\DAV\\Exception\\RequestedRangeNotSatisfiable', { message });
    }
    return [{ start, end }];
  });
}

function contentRange(range: ByteRange, node: FileNode): string {
  return `bytes ${range.start}-${range.end}/${node.size}`;
}

/** Large files leave in pieces, so that a slow reader keeps the file's lock as long as a real server would. */
function* pieces(content: Buffer): Iterable<Buffer> {
  for (let at = 0; at < content.length; at += PIECE_BYTES) yield content.subarray(at, at + PIECE_BYTES);
}
