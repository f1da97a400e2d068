import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isBodyStreamed } from './streamed-body.ts';

/**
 * Gives every request some time to arrive as a whole, header and body (Node bounds the header by itself); then it is
 * answered 408. Where a route streams the body the time is its own business until it has answered: what it has not read
 * by then is thrown away, for as long.
 */
export function limitBodyTime(fastify: FastifyInstance, timeoutMs: number): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (isBodyStreamed(request)) reply.raw.once('finish', () => throwAway(request, timeoutMs));
    else if (hasBody(request)) bound(request, reply, timeoutMs);
    done();
  });
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function bound({ raw, server }: FastifyRequest, reply: FastifyReply, timeoutMs: number): void {
  const { socket } = raw;
  const timer = setTimeout(() => {
    if (raw.complete) return;
    // As Node itself reports a request that is late; nobody can be told when the answer is out already.
    if (reply.raw.headersSent) socket.destroy();
    else
      server.server.emit('clientError', Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket);
    socket.destroySoon();
  }, timeoutMs);
  const end = (): void => clearTimeout(timer);
  raw.once('close', end);
  // A request that was answered before its body was read is forgotten by Node: it has no `close` when its socket has.
  reply.raw.once('finish', () => {
    if (raw.complete) end();
    else socket.once('close', end);
  });
}

function throwAway({ raw }: FastifyRequest, timeoutMs: number): void {
  if (raw.complete) return;
  const { socket } = raw;
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  const end = (): void => clearTimeout(timer);
  raw.once('end', end).once('close', end);
  socket.once('close', end);
  raw.resume();
}
