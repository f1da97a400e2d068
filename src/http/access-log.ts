import type { FastifyInstance } from 'fastify';
import type { PinoLogger } from 'nestjs-pino';
import type { AuthenticatedRequest } from '../access/declarations.ts';

const PROBES = new Set(['/health', '/ready']);

/** One line per request with an allow-list of fields: no path, query string, body, address or header. */
export function logRequests(fastify: FastifyInstance, logger: PinoLogger): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    if (!PROBES.has(route)) {
      logger.info(
        {
          requestId: request.id,
          method: request.method,
          route,
          status: reply.statusCode,
          durationMs: Math.round(reply.elapsedTime),
          userId: (request as AuthenticatedRequest).user?.userId,
        },
        'request',
      );
    }
    done();
  });
}
