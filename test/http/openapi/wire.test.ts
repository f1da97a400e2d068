// S60: bytes that are no sound request, and requests that no route takes, are answered in the one problem shape.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, createUser } from '../../support/api.ts';
import { sharedTestApp, type TestApp } from '../../support/test-app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await sharedTestApp();
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

describe('F7 a field that may stand once', () => {
  const AUTHORIZATION = ['Bearer good', 'Bearer bad', ''];
  const pairs = AUTHORIZATION.flatMap((one) => AUTHORIZATION.map((other) => [one, other]));

  it.each(pairs)('is refused when it is repeated: Authorization "%s" and "%s"', async (one, other) => {
    const { access_token: token } = await createUser(app);
    const field = (value: string): string => `aUTHORIZATION: ${value.replace('good', token)}\r\n`;
    const answer = await exchange(
      `GET /api/auth/me HTTP/1.1\r\n${HOST}${field(one)}X-Between: 1\r\n${field(other)}\r\n`,
    );
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'malformed-request' });
  });

  it.each(['Host: y', 'Content-Type: text/plain\r\nContent-Type: application/json'])('%s', async (fields) => {
    const answer = await exchange(`GET /health HTTP/1.1\r\n${HOST}${fields}\r\n\r\n`);
    expect(answer.status).toBe(400);
  });
});

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

describe('S52 a malformed multipart body', () => {
  const part = (head: string, content: string): string => `--b\r\n${head}\r\n\r\n${content}\r\n`;
  const named = part('Content-Disposition: form-data; name="file"; filename="a.txt"', 'text');
  const BODIES = {
    'with an empty field name': `${part('Content-Disposition: form-data; name=""', 'x')}--b--\r\n`,
    'that is cut': named.slice(0, 40),
    'without an end': named,
    'of 10,000 parts': `${named.repeat(10_000)}--b--\r\n`,
    'with a header that never ends': `--b\r\n${'X: '.repeat(20_000)}`,
    'with __proto__ for a name': `${part('Content-Disposition: form-data; name="__proto__"', 'x')}--b--\r\n`,
    'that is empty': '',
  };
  const TYPES = [
    'multipart/form-data; boundary=b',
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/',
  ];

  it.each(Object.entries(BODIES))('%s is 4xx on every kind of route, and the server lives', async (_, body) => {
    for (const type of TYPES) {
      for (const path of ['/api/auth/login', '/api/auth/register', '/api/integrations/nextcloud/webhooks']) {
        const { status } = await fetch(app.url + path, { method: 'POST', headers: { 'content-type': type }, body });
        expect([400, 401, 413, 415, 422]).toContain(status);
      }
    }
    expect((await fetch(`${app.url}/health`)).status).toBe(200);
  });

  it('with a wrong length is 4xx', async () => {
    const head = `POST /api/auth/login HTTP/1.1\r\n${HOST}Content-Type: ${TYPES[0] ?? ''}\r\n`;
    const answer = await exchange(`${head}Content-Length: 5\r\n\r\n${named}`);
    expect([400, 415]).toContain(answer.status);
  });
});
