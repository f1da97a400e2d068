import { ReadableStream } from 'node:stream/web';
import type { OutboundClient } from './outbound.client.ts';
import type { OutboundRequest, OutboundResponse } from './outbound.types.ts';
import type { UpstreamPolicy } from './upstream.policy.ts';

/** The part of fetch's options that WebDAV and OIDC libraries use. */
export interface OutboundFetchInit {
  readonly method?: string;
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  readonly body?: unknown;
  readonly signal?: AbortSignal | null;
}

/** A function that a library can take for fetch. */
export type OutboundFetch = (url: string | URL | Request, init?: OutboundFetchInit) => Promise<Response>;

/** Dresses the outbound client as fetch for libraries, bound to one policy; failures are DomainErrors. */
export function outboundFetch(client: OutboundClient, policy: UpstreamPolicy): OutboundFetch {
  return async (url, init = {}) => {
    const headers = new Headers(init.headers);
    if (init.body instanceof URLSearchParams && !headers.has('content-type')) {
      headers.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8');
    }
    const response = await client.request(policy, {
      method: (init.method ?? 'GET').toUpperCase(),
      url: url instanceof Request ? url.url : String(url),
      headers: Object.fromEntries(headers),
      ...bodyOf(init.body),
      ...(init.signal ? { signal: init.signal } : {}),
    });
    return toFetchResponse(response);
  };
}

/** The same answer as a Response of the Fetch standard; its body can be read once. */
export function toFetchResponse(response: OutboundResponse): Response {
  const isBodyless = response.status === 204 || response.status === 205 || response.status === 304;
  if (isBodyless) response.discard();
  const headers = new Headers(response.headers);
  // The body below is decoded already.
  headers.delete('content-encoding');
  const body = isBodyless ? null : (ReadableStream.from(response.body) as ConstructorParameters<typeof Response>[0]);
  return new Response(body ?? null, { status: response.status, headers });
}

function bodyOf(body: unknown): Pick<OutboundRequest, 'body'> {
  if (body === undefined || body === null) return {};
  if (typeof body === 'string' || body instanceof Uint8Array) return { body };
  if (body instanceof URLSearchParams) return { body: body.toString() };
  if (typeof body === 'object' && Symbol.asyncIterator in body) return { body: body as AsyncIterable<Uint8Array> };
  throw new TypeError('This kind of body cannot be sent');
}
