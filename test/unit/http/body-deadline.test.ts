// How long a request may take to arrive: bounded on every route, by progress where a route streams its body.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import { limitBodyTime } from '../../../src/http/body-deadline.ts';
import { streamBodies } from '../../../src/http/streamed-body.ts';
import { clientContent } from '../../../src/nextcloud/files/client-content.ts';
import { isDomainError } from '../../../src/problem/domain-error.ts';

const DEADLINE_MS = 200;
const HOST = 'Host: x\r\n';

let server: FastifyInstance | undefined;
afterEach(async () => {
  await server?.close();
});

async function start(idleMs = 60_000): Promise<number> {
  const fastify = Fastify({ requestTimeout: 0 });
  server = fastify;
  fastify.server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });
  streamBodies(fastify);
  limitBodyTime(fastify, DEADLINE_MS);
  fastify.post('/json', (_request, reply) => reply.send('done'));
  fastify.put('/early', { config: { isBodyStreamed: true } }, (_request, reply) => reply.status(412).send('no'));
  fastify.put('/stream', { config: { isBodyStreamed: true } }, async (request, reply) => {
    let bytes = 0;
    try {
      for await (const piece of clientContent(request.raw, { idleMs, minBytesPerSecond: 10 })) bytes += piece.length;
    } catch (error) {
      return reply.status(isDomainError(error, 'request-timeout') ? 408 : 500).send('late');
    }
    return `${String(bytes)} bytes as ${String(request.headers['content-type'])}`;
  });
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  return (fastify.server.address() as { port: number }).port;
}

/** Sends the head, then the pieces with a pause before each, and reads until the server hangs up. */
async function send(port: number, head: string, pieces: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.write(`${head}\r\n${HOST}`);
  for (const piece of pieces) {
    socket.write(piece);
    await sleep(DEADLINE_MS / 4);
  }
  await closed;
  return answer;
}

describe('a request whose body does not arrive', () => {
  it('in time is answered 408 and cut off, on every route that does not stream', async () => {
    const port = await start();
    const head = 'POST /json HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 100';
    expect(await send(port, head, ['\r\n', '{', '"a"', ':'])).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('in time is not bothered when it does', async () => {
    const port = await start();
    const head = 'POST /json HTTP/1.1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2';
    expect(await send(port, head, ['\r\n', '{}'])).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('takes as long as it takes on a route that streams, of whatever type, as long as it comes', async () => {
    const port = await start();
    const pieces = Array.from({ length: 12 }, () => 'x'.repeat(10));
    const head = `PUT /stream HTTP/1.1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 120`;
    expect(await send(port, head, ['\r\n', ...pieces])).toMatch(
      /^HTTP\/1\.1 200 [^]*120 bytes as application\/octet-stream$/,
    );
  });

  it('at all is given up with 408 on a route that streams, and the connection ends', async () => {
    const port = await start(DEADLINE_MS);
    const head = 'PUT /stream HTTP/1.1\r\nContent-Length: 120';
    expect(await send(port, head, ['\r\n', 'x'])).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('after the route has answered is thrown away, and not for ever', async () => {
    const port = await start();
    const head = 'PUT /early HTTP/1.1\r\nContent-Length: 100000';
    expect(await send(port, head, ['\r\n', 'x', 'x'])).toMatch(/^HTTP\/1\.1 412 /);
  });
});
