import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

const DOCS = /^\/docs(\/|$)/;

// Swagger UI brings its own scripts and styles, some of them inline; nothing else may load or frame it.
const DOCS_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

/** Headers that keep a browser from misusing an answer; nothing is stored in caches unless a route says so. */
export async function addSecurityHeaders(fastify: FastifyInstance, isProduction: boolean): Promise<void> {
  await fastify.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] },
    },
    crossOriginResourcePolicy: { policy: 'same-site' },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
    hsts: isProduction && { maxAge: 31_536_000, includeSubDomains: false },
  });
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (DOCS.test(request.routeOptions.url ?? '')) void reply.header('content-security-policy', DOCS_POLICY);
    else if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
    done();
  });
}
