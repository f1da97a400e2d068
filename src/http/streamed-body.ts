import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const MARK = { isBodyStreamed: true };
const OCTETS = 'application/octet-stream';

/**
 * Leaves the body of a request unread for its route, whatever type and size it says it has; the route bounds both its
 * size and its time.
 */
export const StreamedBody = (): MethodDecorator => RouteConfig(MARK);

/** True on a route that is declared so. */
export function isBodyStreamed({ routeOptions }: FastifyRequest): boolean {
  return (routeOptions.config as Partial<typeof MARK>).isBodyStreamed === true;
}

/** Lets bodies of any type through on the routes that stream them, and bytes of no type in particular elsewhere. */
export function streamBodies(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(OCTETS, (_request, payload, done) => done(null, payload));
  fastify.addHook('onRequest', (request, _reply, done) => {
    // The type is looked at after this hook; no parser may read a body that is the content of a file.
    if (isBodyStreamed(request)) request.headers['content-type'] = OCTETS;
    done();
  });
}
