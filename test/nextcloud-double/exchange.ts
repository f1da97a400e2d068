import type { IncomingMessage } from 'node:http';
import type { RequestRecord } from './request-log.ts';

const UNLOGGED_HEADERS = new Set(['authorization', 'cookie']);

/** One request: its parsed head, its body and its log record. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly method: string;
  /** The path without the query string, plain dot segments resolved as Apache does, percent-encoding untouched. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** `http://` plus the Host the client used: Nextcloud builds every absolute URL from it. */
  readonly baseUrl: string;
  readonly clientAddress: string;
  readonly record: RequestRecord;

  constructor(request: IncomingMessage, nowMs: number) {
    this.request = request;
    this.method = request.method ?? 'GET';
    const target = request.url ?? '/';
    const mark = target.indexOf('?');
    this.path = withoutDotSegments(mark < 0 ? target : target.slice(0, mark));
    this.query = new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
    this.baseUrl = `http://${request.headers.host ?? 'localhost'}`;
    this.clientAddress = request.socket.remoteAddress ?? 'unknown';
    this.record = this.#startRecord(nowMs);
  }

  /** @returns the header's value; null when it is absent. */
  header(name: string): string | null {
    const value = this.request.headers[name.toLowerCase()];
    if (value === undefined) return null;
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** Reads the whole request body. @throws when the client goes away before the end */
  async readBody(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.bodyPieces()) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** The request body as it arrives. @throws when the client goes away before the end */
  async *bodyPieces(): AsyncGenerator<Buffer> {
    for await (const chunk of this.request as AsyncIterable<Buffer>) {
      this.record.requestBytes += chunk.length;
      yield chunk;
    }
  }

  /** @returns the fields of a form-encoded or JSON body (none when it is malformed), array fields under their name without brackets. */
  async readFields(): Promise<Map<string, string>> {
    const text = (await this.readBody()).toString('utf8');
    const fields = new Map<string, string>();
    if (this.header('content-type')?.includes('json') === true) {
      const value = parseJson(text);
      if (typeof value === 'object' && value !== null) {
        for (const [name, field] of Object.entries(value)) fields.set(name, String(field));
      }
      return fields;
    }
    if (this.header('content-type')?.includes('x-www-form-urlencoded') !== true) return fields;
    for (const [name, value] of new URLSearchParams(text)) {
      const key = name.replace(/\[\]$/, '');
      const before = fields.get(key);
      // The members of a list become lines.
      fields.set(key, key !== name && before !== undefined ? `${before}\n${value}` : value);
    }
    return fields;
  }

  #startRecord(nowMs: number): RequestRecord {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(this.request.headers)) {
      if (!UNLOGGED_HEADERS.has(name) && value !== undefined) headers[name] = String(value);
    }
    const authorization = this.header('authorization');
    const target = this.request.url ?? '/';
    return {
      method: this.method,
      path: target.split('?', 1)[0] ?? '',
      query: this.query.toString(),
      host: this.header('host') ?? '',
      authorizationScheme: schemeOf(authorization),
      loginName: basicLoginOf(authorization),
      headers,
      depth: this.header('depth'),
      hasCookie: this.header('cookie') !== null,
      clientPort: this.request.socket.remotePort ?? 0,
      receivedAtMs: nowMs,
      authenticatedUid: null,
      usedAppPassword: null,
      throttleDelayMs: 0,
      requestBytes: 0,
      responseBytes: 0,
      status: 0,
    };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @returns the path with plain `.` and `..` resolved; encoded ones stay. */
export function withoutDotSegments(path: string): string {
  const kept: string[] = [];
  for (const segment of path.replace(/^\//, '').split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}`;
}

function schemeOf(authorization: string | null): RequestRecord['authorizationScheme'] {
  if (authorization === null) return null;
  if (/^basic /i.test(authorization)) return 'basic';
  return /^bearer /i.test(authorization) ? 'bearer' : 'other';
}

function basicLoginOf(authorization: string | null): string | null {
  if (authorization === null || !/^basic /i.test(authorization)) return null;
  return Buffer.from(authorization.slice(6), 'base64').toString('utf8').split(':', 1)[0] ?? '';
}
