import type { FastifyInstance } from 'fastify';
import type { Metrics } from './metrics.ts';

const MS_PER_SECOND = 1000;

/** Counts every answer by the template of its route. */
export function measureRequests(fastify: FastifyInstance, metrics: Metrics): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    metrics.answered({
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      seconds: reply.elapsedTime / MS_PER_SECOND,
    });
    done();
  });
}
