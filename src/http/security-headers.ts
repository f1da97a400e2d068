import type { FastifyInstance } from 'fastify';

const DOCS = /^\/docs(\/|$)/;

/** What keeps a browser from misusing an answer, and caches from keeping it (the OWASP list for REST APIs). */
export const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-site',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'cache-control': 'no-store',
};

// Swagger UI brings its own scripts and styles, some of them inline; nothing else may load or frame it.
const DOCS_HEADERS = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
  'cache-control': 'private, max-age=300',
};

const ONE_YEAR_OF_HTTPS = { 'strict-transport-security': 'max-age=31536000' };

/** Sets the headers before the route runs, so that a route may say otherwise. */
export function addSecurityHeaders(fastify: FastifyInstance, isProduction: boolean): void {
  // A browser heeds the HTTPS header only when it came over HTTPS, which the proxy in front ends (RFC 6797 section 8.1).
  const headers = isProduction ? { ...SECURITY_HEADERS, ...ONE_YEAR_OF_HTTPS } : SECURITY_HEADERS;
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(headers);
    if (DOCS.test(request.routeOptions.url ?? '')) void reply.headers(DOCS_HEADERS);
    done();
  });
}
