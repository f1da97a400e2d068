import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

const MAX_AGE_SECONDS = 600;

/**
 * Lets the pages of some origins call this API with credentials. Not the framework's `enableCors`: that one copies its
 * fields to the response of Node as well, after which Node looks at every field of every answer twice.
 */
export async function allowOrigins(fastify: FastifyInstance, origins: readonly string[]): Promise<void> {
  await fastify.register(cors, {
    origin: [...origins],
    credentials: true,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: [
      'ETag',
      'Retry-After',
      'X-Request-ID',
      'X-Correlation-ID',
      'Location',
      'Content-Disposition',
      'Content-Range',
    ],
    maxAge: MAX_AGE_SECONDS,
  });
}
