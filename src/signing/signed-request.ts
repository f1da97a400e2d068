import type { FastifyRequest } from 'fastify';
import { findBodyDigests } from './body-watch.ts';
import type { SignedRequest } from './request-signatures.ts';

/** What of a request its signature is checked against. */
export function signedRequestOf(request: FastifyRequest): SignedRequest {
  return {
    method: request.method,
    // As it came: what a router made of it is not what was signed.
    target: request.raw.url ?? '',
    headers: request.headers,
    digests: findBodyDigests(request),
  };
}
