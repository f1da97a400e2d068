// S60: PostgreSQL is cut off or frozen under the running server. Needs TEST_DATABASE_URL.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, createUser, type Answer, type Problem, type TestUser } from '../../support/api.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';
import { createTestDatabase, HAS_DATABASE_SERVER, type TestDatabase } from '../../support/test-database.ts';

const RECOVERY_MS = 60_000;
const POLL_MS = 50;
const suite = HAS_DATABASE_SERVER ? describe : describe.skip;

suite('PostgreSQL goes away under the server', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let app: TestApp;
  let user: TestUser;

  beforeAll(async () => {
    database = await createTestDatabase();
    const url = new URL(database.url ?? '');
    proxy = await TcpProxy.start({ host: url.hostname, port: Number(url.port || 5432) });
    url.host = `127.0.0.1:${proxy.port}`;
    app = await startTestApp({ env: { DATABASE_URL: url.href, DATABASE_STATEMENT_TIMEOUT_MS: '1000' } });
    user = await createUser(app);
  });
  afterAll(async () => {
    proxy.become('pass');
    await app.close();
    await proxy.stop();
    await database.drop();
  });

  function everyRoute(): Promise<Answer<Problem>[]> {
    const { email, password, refresh_token, access_token: token } = user;
    return Promise.all([
      call<Problem>(app, 'GET /api/auth/me', { token }),
      call<Problem>(app, 'GET /api/auth/session', { token }),
      call<Problem>(app, 'PUT /api/users/me', { token, json: { full_name: 'X' } }),
      call<Problem>(app, 'POST /api/auth/refresh', { json: { refresh_token } }),
      call<Problem>(app, 'POST /api/auth/login', { json: { email, password } }),
      call<Problem>(app, 'POST /api/auth/register', { json: { email: 'new@clinic.example', password } }),
    ]);
  }

  it.each(['refuse', 'freeze'] as const)(
    'R5 S60 X-auth10 answers 503 to everything and lets nobody in (%s), tells nothing of the inside, and recovers',
    async (mode) => {
      proxy.become(mode);
      const answers = await everyRoute();
      proxy.become('pass');
      for (const answer of answers) {
        expect([answer.status, answer.body.code]).toEqual([503, 'service-unavailable']);
        expect(answer.headers.get('retry-after')).toBe('5');
        expect(answer.text).not.toMatch(/select|ECONN|postgres|pg|node_modules|127\.0\.0\.1|stack/i);
      }
      let status = 503;
      const deadline = Date.now() + RECOVERY_MS;
      while (status === 503 && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        status = (await call(app, 'GET /api/auth/me', { token: user.access_token })).status;
      }
      expect(status).toBe(200);
    },
  );
});
