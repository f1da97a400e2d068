import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import type { Answer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import type { Faults } from './faults.ts';

const COMPRESSED_TYPES = /^(text\/(html|plain|xml)|application\/xml)/;
const INSTANCE_COOKIE = 'ocdouble0000';
/** After these Apache gives the connection up. */
const CLOSING_STATUSES = new Set([400, 408, 411, 413, 414, 500, 501, 503]);
const SLOW_TICK_MS = 50;

/** Writes answers: session cookies, compression, slowness and truncation as configured, and the log record. */
export class Transport {
  readonly #faults: Faults;
  readonly #nowMs: () => number;

  constructor(faults: Faults, nowMs: () => number) {
    this.#faults = faults;
    this.#nowMs = nowMs;
  }

  async send(exchange: Exchange, response: ServerResponse, answer: Answer): Promise<void> {
    response.once('close', () => answer.onClosed?.());
    exchange.record.status = answer.status;
    const isCompressed = this.#writeHead(exchange, response, answer);
    const body = exchange.method === 'HEAD' || answer.status === 204 || answer.status === 304 ? [] : piecesOf(answer);
    try {
      if (isCompressed) await this.#writeCompressed(exchange, response, body);
      else await this.#writePlain(exchange, response, body);
      if (!response.destroyed) response.end();
    } catch {
      response.destroy();
    }
  }

  #writeHead(exchange: Exchange, response: ServerResponse, answer: Answer): boolean {
    const headers: Record<string, string | string[]> = { Server: 'Apache/2.4 (Debian)', ...answer.headers };
    headers['Date'] = new Date(this.#nowMs()).toUTCString();
    if (exchange.header('cookie') === null) headers['Set-Cookie'] = sessionCookies(exchange.baseUrl);
    const type = String(headers['Content-Type'] ?? '');
    const isWanted = /\bgzip\b/.test(exchange.header('accept-encoding') ?? '') && COMPRESSED_TYPES.test(type);
    const isCompressed =
      isWanted && answer.status !== 204 && answer.status !== 206 && answer.body !== undefined && answer.body !== '';
    if (isCompressed) {
      headers['Content-Encoding'] = 'gzip';
      headers['Vary'] = 'Accept-Encoding';
      if (typeof headers['ETag'] === 'string') headers['ETag'] = headers['ETag'].replace(/"$/, '-gzip"');
      delete headers['Content-Length'];
    } else if (typeof answer.body === 'string' || Buffer.isBuffer(answer.body)) {
      headers['Content-Length'] = String(Buffer.byteLength(answer.body));
    } else if (
      answer.body === undefined &&
      answer.status !== 204 &&
      answer.status !== 304 &&
      headers['Content-Length'] === undefined
    ) {
      headers['Content-Length'] = '0';
    }
    if (CLOSING_STATUSES.has(answer.status)) headers['Connection'] = 'close';
    response.writeHead(answer.status, headers);
    return isCompressed;
  }

  async #writePlain(exchange: Exchange, response: ServerResponse, body: Iterable<string | Buffer>): Promise<void> {
    for (const piece of body) if (!(await this.#write(exchange, response, piece))) return;
  }

  async #writeCompressed(exchange: Exchange, response: ServerResponse, body: Iterable<string | Buffer>): Promise<void> {
    const gzip = createGzip();
    const reading = (async () => {
      for await (const piece of gzip as AsyncIterable<Buffer>) {
        if (!(await this.#write(exchange, response, piece))) return;
      }
    })();
    for (const piece of body) {
      if (response.destroyed) break;
      if (!gzip.write(piece)) await drained(gzip, response);
    }
    gzip.end();
    await reading;
  }

  /** @returns whether the connection still takes more. */
  async #write(exchange: Exchange, response: ServerResponse, piece: string | Buffer): Promise<boolean> {
    let rest = Buffer.isBuffer(piece) ? piece : Buffer.from(piece, 'utf8');
    while (rest.length > 0) {
      if (response.destroyed) return false;
      const bytesLeft = (this.#faults.truncateBodyAfterBytes ?? Infinity) - exchange.record.responseBytes;
      if (bytesLeft <= 0) return cut(response);
      const rate = this.#faults.slowBytesPerSecond;
      const length = Math.min(
        rest.length,
        bytesLeft,
        rate === null ? Infinity : Math.max(1, Math.floor((rate * SLOW_TICK_MS) / 1000)),
      );
      exchange.record.responseBytes += length;
      if (!response.write(rest.subarray(0, length))) await drained(response, response);
      rest = rest.subarray(length);
      if (rate !== null) await sleep(Math.max(SLOW_TICK_MS, 1000 / rate), undefined, { ref: false });
    }
    return !response.destroyed;
  }
}

/** Waits until the writable takes more or the connection is gone, whichever comes first. */
async function drained(writable: Writable, response: ServerResponse): Promise<void> {
  const done = new AbortController();
  const signal = done.signal;
  await Promise.race([once(writable, 'drain', { signal }), once(response, 'close', { signal })]).finally(() => {
    done.abort();
  });
}

/** Lets what was written reach the client before the connection dies without an end. */
function cut(response: ServerResponse): false {
  const socket = response.socket;
  if (socket === null) response.destroy();
  else socket.end(() => socket.destroy());
  return false;
}

function piecesOf(answer: Answer): Iterable<string | Buffer> {
  if (answer.body === undefined) return [];
  return typeof answer.body === 'string' || Buffer.isBuffer(answer.body) ? [answer.body] : answer.body;
}

/** Every request without cookies makes the server open a session and say so five to eight times. */
function sessionCookies(seed: string): string[] {
  const session = `${INSTANCE_COOKIE}=${Buffer.from(seed).toString('hex').slice(0, 26)}; path=/; HttpOnly; SameSite=Lax`;
  const expiry = 'path=/; httponly;expires=Fri, 31-Dec-2100 23:59:59 GMT;';
  return [
    session,
    'oc_sessionPassphrase=0000; path=/; HttpOnly; SameSite=Lax',
    session,
    `nc_sameSiteCookielax=true; ${expiry} SameSite=lax`,
    `nc_sameSiteCookiestrict=true; ${expiry} SameSite=strict`,
    session,
  ];
}
