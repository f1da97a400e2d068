import { Agent, request, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Problem, Reachable, TestUser } from './api.ts';

/** An answer whose body is bytes. */
export interface ByteAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  /** The body as JSON; an empty object when it is none. */
  readonly body: Record<string, unknown> & Partial<Problem>;
}

/** A request on the files of a user; the path is percent-encoded here. */
export interface FileCall {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream goes without Content-Length unless `headers` has one. */
  readonly body?: Buffer | string | Readable;
  /** Default the content of the file. */
  readonly route?: string;
}

const agent = new Agent({ keepAlive: false });

/** The URL path of an operation on one file. */
export function fileRoute(path: string, route = 'content'): string {
  return `/api/integrations/files/${route}?path=${encodeURIComponent(path)}`;
}

/** Sends a request and hands over the answer as soon as its header is there. */
export function openFile(app: Reachable, user: TestUser, call: FileCall): Promise<IncomingMessage> {
  const { hostname, port } = new URL(app.url);
  const { method, path, headers = {}, body, route } = call;
  const isWhole = typeof body === 'string' || Buffer.isBuffer(body);
  const length = isWhole ? { 'content-length': String(Buffer.byteLength(body)) } : {};
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        hostname,
        port,
        method,
        path: fileRoute(path, route),
        headers: { authorization: `Bearer ${user.access_token}`, ...length, ...headers },
      },
      resolve,
    );
    outgoing.on('error', reject);
    if (body instanceof Readable) pipeline(body, outgoing).catch(reject);
    else outgoing.end(body);
  });
}

/** Sends a request and reads the whole answer. */
export async function callFile(app: Reachable, user: TestUser, call: FileCall): Promise<ByteAnswer> {
  const incoming = await openFile(app, user, call);
  const pieces: Buffer[] = [];
  for await (const piece of incoming as AsyncIterable<Buffer>) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  const isJson =
    bytes.length > 0 &&
    /json/.test(incoming.headers['content-type'] ?? '') &&
    incoming.headers['content-disposition'] === undefined;
  const body = (isJson ? JSON.parse(bytes.toString()) : {}) as ByteAnswer['body'];
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, bytes, body };
}
