import { randomBytes } from 'node:crypto';
import { htmlAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import { findNode, getNode } from './dav-context.ts';
import type { DavContext } from './dav-context.ts';
import { DavError, fileLocked } from './dav-error.ts';
import { generatedPieces } from './generated-content.ts';
import { downloadTypeOf } from './media-type.ts';
import type { FileNode, Located } from './tree-node.ts';

const PIECE_BYTES = 64 * 1024;
const INTERFACE_NOTICE =
  'This is the WebDAV interface. It can only be accessed by WebDAV clients such as the Nextcloud desktop sync client.';

/** GET and HEAD: a file with its ranges, or the notice every collection answers with status 200. */
export async function read(context: DavContext): Promise<Answer> {
  await context.exchange.readBody();
  const found = findNode(context);
  const located = isOwnOrBelowForeign(context) ? getNode(context) : found;
  if (located === null || located.node.kind === 'folder') {
    return { status: 200, headers: { 'Content-Type': 'text/html; charset=UTF-8' }, body: INTERFACE_NOTICE };
  }
  return download(context, located, located.node);
}

function isOwnOrBelowForeign({ target }: DavContext): boolean {
  return target.kind === 'home' || (target.kind === 'foreign' && target.path.length > 0);
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
  const header = context.exchange.header('range');
  const ranges = isStillWanted(context.exchange.header('if-range'), node) ? parseRanges(header, node) : null;
  if (ranges === null) {
    return {
      status: 200,
      headers: { ...headers, 'Content-Length': String(node.size) },
      body: pieces(node, { start: 0, end: node.size - 1 }),
    };
  }
  const [first] = ranges;
  if (first === undefined) return htmlAnswer(416, '416 Requested Range Not Satisfiable');
  if (ranges.length === 1) {
    const length = String(first.end - first.start + 1);
    const more = { 'Content-Range': contentRange(first, node), 'Content-Length': length };
    return { status: 206, headers: { ...headers, ...more }, body: pieces(node, first) };
  }
  return multipart(ranges, headers, node);
}

function isStillWanted(ifRange: string | null, node: FileNode): boolean {
  if (ifRange === null || ifRange === `"${node.etag}"`) return true;
  return Date.parse(ifRange) >= node.mtimeSeconds * 1000;
}

function multipart(ranges: readonly ByteRange[], headers: Record<string, string>, node: FileNode): Answer {
  const boundary = randomBytes(8).toString('hex');
  const parts = ranges.map((range) => {
    const head = `Content-type: ${headers['Content-Type'] ?? ''}\r\nContent-range: ${contentRange(range, node)}`;
    return Buffer.concat([
      Buffer.from(`\r\n--${boundary}\r\n${head}\r\n\r\n`),
      node.content.subarray(range.start, range.end + 1),
    ]);
  });
  const body = Buffer.concat([...parts, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  const type = `multipart/byteranges; boundary=${boundary}`;
  return { status: 206, headers: { ...headers, 'Content-Type': type }, body };
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

/** @returns null when the header is absent or unreadable; unsatisfiable parts of a list are dropped. @throws DavError 416 */
function parseRanges(header: string | null, node: FileNode): ByteRange[] | null {
  const specs = /^bytes=([\d,\s-]+)$/.exec(header ?? '')?.[1]?.split(',') ?? [];
  const ranges = specs.map((spec) => parseRange(spec, node)).filter((it) => it !== null);
  if (ranges.length !== specs.length || ranges.length === 0) return null;
  const satisfiable = ranges.filter((it) => it.start < node.size || it.isSuffix);
  const [only] = ranges;
  if (ranges.length === 1 && only !== undefined && satisfiable.length === 0) {
    const message = `The start offset (${only.start}) exceeded the size of the entity (${node.size})`;
    throw new DavError(416, 'Sabre\\DAV\\Exception\\RequestedRangeNotSatisfiable', { message });
  }
  return satisfiable;
}

/** An end of 0 counts as no end at all, as in the original: `bytes=0-0` is the whole file. */
function parseRange(spec: string, node: FileNode): (ByteRange & { isSuffix: boolean }) | null {
  const [, first = '', last = ''] = /^\s*(\d*)-(\d*)\s*$/.exec(spec) ?? [];
  if (first === '' && last === '') return null;
  const isSuffix = first === '';
  const start = isSuffix ? Math.max(0, node.size - Number(last)) : Number(first);
  const end = isSuffix || Number(last) === 0 ? node.size - 1 : Math.min(Number(last), node.size - 1);
  return { start, end, isSuffix };
}

function contentRange(range: ByteRange, node: FileNode): string {
  return `bytes ${range.start}-${range.end}/${node.size}`;
}

/** Large files leave in pieces, so that a slow reader keeps the file's lock as long as a real server would. */
function pieces(node: FileNode, { start, end }: ByteRange): Iterable<Buffer> {
  return node.generated === null ? storedPieces(node.content.subarray(start, end + 1)) : generatedPieces(start, end);
}

function* storedPieces(content: Buffer): Iterable<Buffer> {
  for (let at = 0; at < content.length; at += PIECE_BYTES) yield content.subarray(at, at + PIECE_BYTES);
}
