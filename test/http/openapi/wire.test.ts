// S60: bytes that are no sound request, and requests that no route takes, are answered in the one problem shape.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call } from '../../support/api.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

/** Sends bytes and reads until the server hangs up. */
async function exchange(bytes: string): Promise<{ status: number; head: string; body: string }> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => undefined);
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head, body };
}

const HOST = 'Host: x\r\nConnection: close\r\n';

describe('S60 bytes that are no sound request', () => {
  it.each([
    ['garbage', '\u0016\u0003\u0001 not http\r\n\r\n', 400],
    ['an unknown method', `BREW /health HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['an unknown version', `GET /health HTTP/9.9\r\n${HOST}\r\n`, 400],
    ['a header with a NUL', `GET /health HTTP/1.1\r\n${HOST}X-A: a\u0000b\r\n\r\n`, 400],
    ['a header with a bare line feed', `GET /health HTTP/1.1\r\n${HOST}X-A: a\nInjected: b\r\n\r\n`, 400],
    ['a folded header', `GET /health HTTP/1.1\r\n${HOST}X-A: a\r\n b\r\n\r\n`, 400],
    ['a header that is too large', `GET /health HTTP/1.1\r\n${HOST}X-A: ${'a'.repeat(40_000)}\r\n\r\n`, 431],
    ['two lengths', `POST /api/auth/login HTTP/1.1\r\n${HOST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400],
    ['a negative length', `POST /api/auth/login HTTP/1.1\r\n${HOST}Content-Length: -2\r\n\r\n{}`, 400],
    [
      'a length and chunks',
      `POST /api/auth/login HTTP/1.1\r\n${HOST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    [
      'chunks that are none',
      `POST /api/auth/login HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      400,
    ],
  ])('%s: a problem with an id, and nothing of the inside', async (_, bytes, status) => {
    const answer = await exchange(bytes);
    expect(answer.status).toBe(status);
    expect(answer.head).not.toMatch(/fastify|nest|node|powered/i);
    expect(answer.head).toMatch(/content-type: application\/problem\+json/i);
    expect(answer.head).toMatch(/x-content-type-options: nosniff/i);
    const problem = JSON.parse(answer.body) as Record<string, unknown>;
    const [, id] = /x-request-id: (\S+)/i.exec(answer.head) ?? [];
    const code = status === 431 ? 'headers-too-large' : 'malformed-request';
    expect(problem).toMatchObject({ status, code, instance: id, type: expect.stringContaining(`/problems/${code}`) });
    expect(Object.keys(problem).sort()).toEqual(
      expect.arrayContaining(['code', 'instance', 'status', 'title', 'type']),
    );
    expect(answer.body).not.toMatch(/HPE_|parse error|stack|at /i);
  });

  it('a request that does not arrive in time: 408, as Node reports it after 30 s', async () => {
    const server = app.app.getHttpServer();
    server.once('connection', (socket: Socket) => {
      const lateness = Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
      setImmediate(() => server.emit('clientError', lateness, socket));
    });
    const answer = await exchange('GET /health HTTP/1.1\r\nX-Slow: ');
    expect(answer.status).toBe(408);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'request-timeout', status: 408, retryable: true });
  });

  it('no host: refused by Node itself before anybody is asked, with an empty answer', async () => {
    const { status, body } = await exchange('GET /health HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect([status, body.trim()]).toEqual([400, '0']);
  });

  it.each(['GET /', 'GET /nothing', 'PATCH /api/users/me', 'POST /health', 'DELETE /api/auth/login', 'GET /api'])(
    '%s is a problem with the id of the request',
    async (route) => {
      const { status, headers, body } = await call(app, route, { headers: { 'x-request-id': 'wire-1' } });
      expect([404, 405]).toContain(status);
      expect(headers.get('content-type')).toContain('application/problem+json');
      expect(body).toMatchObject({ status, instance: 'wire-1' });
    },
  );

  it('serves the next client after all of that', async () => {
    expect((await call(app, 'GET /health')).status).toBe(200);
  });
});
