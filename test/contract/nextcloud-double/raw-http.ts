import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';

/** A loopback address of its own, so that the failed logins of one test file never slow down anybody else's. */
export function privateLoopback(): string {
  return `127.${[1, 2, 3].map(() => 2 + Math.floor(Math.random() * 250)).join('.')}`;
}

/** A request whose path reaches the server exactly as written. */
export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** The loopback address to come from, so that failed logins are counted apart; default: any. */
  readonly from?: string;
  /** Default: a connection of its own. */
  readonly agent?: Agent;
}

/** A whole answer. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Buffer;
  readonly text: string;
}

/** Sends a request and reads the whole answer; nothing is decoded, followed or normalised. */
export async function send(url: string, options: RawRequest = {}): Promise<RawAnswer> {
  const outgoing = open(url, options);
  outgoing.end(options.body);
  const incoming = await answerOf(outgoing);
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, bytes, text: bytes.toString('utf8') };
}

/** Starts a request whose body the caller writes. */
export function open(url: string, options: RawRequest = {}): ClientRequest {
  const [, host = '', port = '80', path = '/'] = /^http:\/\/([^:/]+)(?::(\d+))?(.*)$/.exec(url) ?? [];
  const length = options.body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(options.body)) };
  return httpRequest({
    host,
    port,
    path: path === '' ? '/' : path,
    method: options.method ?? 'GET',
    headers: { ...length, ...options.headers },
    ...(options.from === undefined ? {} : { localAddress: options.from }),
    agent: options.agent ?? new Agent({ keepAlive: false }),
  });
}

/** Waits for the head of the answer. */
export async function answerOf(outgoing: ClientRequest): Promise<IncomingMessage> {
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  return incoming;
}

export function basic(login: string, password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}` };
}

export function bearer(secret: string): Record<string, string> {
  return { Authorization: `Bearer ${secret}` };
}
