import { randomUUIDv7 } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { withOrigin } from '../access/request-origin.ts';

const ACCEPTABLE_ID = /^[A-Za-z0-9._-]{1,64}$/;
const CONTROL_CHARACTERS = /\p{Cc}+/gu;
const USER_AGENT_LENGTH = 255;

/** Id of a request: the one the client sent when it is harmless, else a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && ACCEPTABLE_ID.test(header) ? header : randomUUIDv7();
}

/** Echoes the id and the correlation id of a request. */
export function identify(request: FastifyRequest, reply: FastifyReply): void {
  const correlation = request.headers['x-correlation-id'];
  void reply.header('x-request-id', request.id);
  void reply.header('x-correlation-id', correlation === undefined ? request.id : requestIdOf(correlation));
}

/** Gives every request its id, echoes it with the correlation id, and runs the request under its origin. */
export function identifyRequests(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    identify(request, reply);
    withOrigin({ requestId: request.id, address: request.ip, userAgent: userAgentOf(request) }, done);
  });
}

function userAgentOf(request: FastifyRequest): string | null {
  const header = request.headers['user-agent'];
  return header === undefined ? null : header.replaceAll(CONTROL_CHARACTERS, ' ').slice(0, USER_AGENT_LENGTH);
}
