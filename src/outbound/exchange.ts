import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { ExchangeRecord, OutboundRequest, OutboundResponse } from './outbound.types.ts';
import { decodedBody, guardedBody } from './response-body.ts';
import { VERSION } from '../http/version.ts';
import { failure, fromTransportError } from './transport-error.ts';
import type { UpstreamPolicy } from './upstream.policy.ts';

/** Names this server to those it asks (RFC 9110 section 10.1.5). */
const USER_AGENT = `voiceassist-server/${VERSION}`;

/** What one exchange needs. */
export interface ExchangeInput {
  readonly dispatcher: Dispatcher;
  readonly policy: UpstreamPolicy;
  readonly target: URL;
  readonly request: OutboundRequest;
  /** Ends the call, body included. */
  readonly signal: AbortSignal;
  readonly onExchange: (record: ExchangeRecord) => void;
}

/** An answer, and when its connection was given back. */
export interface Exchange {
  readonly response: OutboundResponse;
  /** Resolves when the body is read, left or broken off; never rejects. */
  readonly settled: Promise<void>;
}

/**
 * Sends one request once.
 * @throws {DomainError} a code of {@link fromTransportError}, or `upstream-timeout` when no header came in time
 * @throws the signal's reason when it fires
 */
export async function exchange(input: ExchangeInput): Promise<Exchange> {
  const { policy, request } = input;
  const startedAt = performance.now();
  let bytes = 0;
  const record = (status: number | null): void =>
    input.onExchange({
      policy: policy.name,
      method: request.method,
      status,
      durationMs: performance.now() - startedAt,
      bytes,
    });
  let answer: Dispatcher.ResponseData;
  try {
    answer = await send(input);
  } catch (error) {
    record(null);
    input.signal.throwIfAborted();
    throw fromTransportError(error, policy.name);
  }
  // An abandoned body is broken off by the deadline; without a listener that would be an uncaught error event.
  answer.body.on('error', () => undefined);
  const settled = new Promise<void>((resolve) => {
    answer.body.once('close', () => {
      record(answer.statusCode);
      resolve();
    });
  });
  const headers = plainHeaders(answer.headers);
  const isBodyless = request.method === 'HEAD' || answer.statusCode === 204 || answer.statusCode === 304;
  if (isBodyless || headers['content-length'] === '0') answer.body.resume();
  const limits = {
    ...policy,
    upstream: policy.name,
    signal: input.signal,
    maxBodyBytes: request.maxBodyBytes ?? policy.maxBodyBytes,
  };
  const decoded = decodedBody(answer.body, isBodyless ? undefined : headers['content-encoding'], policy.name);
  // A 304 may tell the length of what it does not send (RFC 9110 section 8.6); the parser takes that for a cut body.
  const body = isBodyless ? nothing() : guardedBody(decoded, limits, (count) => (bytes += count));
  return { response: { status: answer.statusCode, headers, body, discard: () => answer.body.destroy() }, settled };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function send({ dispatcher, policy, target, request, signal }: ExchangeInput): Promise<Dispatcher.ResponseData> {
  const patience = new AbortController();
  const isStreamed =
    request.body !== undefined && typeof request.body !== 'string' && !(request.body instanceof Uint8Array);
  // While a stream is still being sent no answer is due; the total time bounds it.
  const timer = isStreamed
    ? undefined
    : setTimeout(
        () => patience.abort(failure('upstream-timeout', policy.name, 'headers')),
        policy.connectTimeoutMs + policy.headersTimeoutMs,
      );
  try {
    return await dispatcher.request({
      origin: policy.origin,
      path: target.pathname + target.search,
      method: request.method,
      headers: {
        'user-agent': USER_AGENT,
        ...request.headers,
        ...(request.acceptsGzip ? { 'accept-encoding': 'gzip' } : {}),
      },
      body: request.body === undefined ? null : toUndiciBody(request.body),
      signal: AbortSignal.any([signal, patience.signal]),
    });
  } finally {
    clearTimeout(timer);
  }
}

function toUndiciBody(body: NonNullable<OutboundRequest['body']>): string | Uint8Array | Readable {
  return typeof body === 'string' || body instanceof Uint8Array ? body : Readable.from(body);
}

function plainHeaders(raw: Dispatcher.ResponseData['headers']): Record<string, string> {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(raw)) {
    // Nextcloud opens a session for every request; a cookie kept here could leak between users.
    if (value === undefined || name === 'set-cookie') continue;
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}
