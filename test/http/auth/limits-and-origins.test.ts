// One limiter for every module, exact origins, tokens in headers only, ids of requests (X-auth16 to X-auth18, A22, S40).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigurationError, loadConfiguration } from '../../../src/config/load-configuration.ts';
import { call, createUser, type Problem, type TestUser } from '../../support/api.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const MAX_REQUESTS = 12;

describe('the general limit', () => {
  let app: TestApp;
  let user: TestUser;

  beforeAll(async () => {
    app = await startTestApp({ env: { RATE_LIMIT_REQUESTS_PER_MINUTE: String(MAX_REQUESTS) } });
    user = await createUser(app);
  });
  afterAll(() => app.close());

  it('X-auth16: counts the routes of every module together, for one user, whatever address he claims', async () => {
    const routes = ['GET /api/users/me', 'GET /api/jobs', 'GET /api/documents', 'GET /api/auth/me'];
    const statuses: number[] = [];
    for (let index = 0; index < MAX_REQUESTS; index += 1) {
      const headers = { 'x-forwarded-for': `198.51.100.${index}` };
      const route = routes[index % routes.length] ?? '';
      statuses.push((await call(app, route, { token: user.access_token, headers })).status);
    }
    expect(statuses).toEqual(statuses.map(() => 200));
    const refused = await call<Problem>(app, 'GET /api/documents', {
      token: user.access_token,
      headers: { 'x-forwarded-for': '203.0.113.9' },
    });
    expect([refused.status, refused.body.code]).toEqual([429, 'rate-limited']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('leaves probes and numbers alone', async () => {
    for (let index = 0; index <= MAX_REQUESTS; index += 1) {
      expect((await call(app, 'GET /health')).status).toBe(200);
      expect((await call(app, 'GET /metrics')).status).toBe(200);
    }
  });
});

describe('a browser', () => {
  let app: TestApp;
  let admin: TestUser;

  beforeAll(async () => {
    app = await startTestApp({ env: { LOG_LEVEL: 'silent', CORS_ORIGINS: 'https://app.clinic.example' } });
    admin = await createUser(app, { isAdmin: true });
  });
  afterAll(() => app.close());

  it.each(['https://evil.example', 'null', 'https://app.clinic.example.evil.example', 'http://app.clinic.example'])(
    'S61 X-auth18: gets no permission for the origin %s',
    async (origin) => {
      const { headers } = await call(app, 'GET /api/users/me', { token: admin.access_token, headers: { origin } });
      expect(headers.get('access-control-allow-origin')).not.toBe(origin);
      expect(headers.get('access-control-allow-origin')).not.toBe('*');
    },
  );

  it.each(['development', 'test'])('X-auth18: is never met with * by a server in %s', (environment) => {
    const load = (): unknown =>
      loadConfiguration({ NODE_ENV: environment, LOG_LEVEL: 'debug', CORS_ORIGINS: 'https://a.example,*' });
    expect(load).toThrow(ConfigurationError);
  });

  it.each(['access_token', 'token', 'authorization'])(
    'X-auth18: cannot put its token into the URL as %s',
    async (name) => {
      const answer = await call(app, `GET /api/users/me?${name}=${admin.access_token}`);
      expect(answer.status).toBe(401);
    },
  );

  it('X-auth17: sees one truth about its role: role follows is_admin, and no second column holds one', async () => {
    const me = await call(app, 'GET /api/users/me', { token: admin.access_token });
    expect([me.body['is_admin'], me.body['role']]).toEqual([true, 'admin']);
    const columns = await app.database.read((em) =>
      em.execute<{ name: string }[]>(
        `select column_name as name from information_schema.columns
         where table_name = 'users' and column_name ~ 'admin|role'`,
      ),
    );
    expect(columns).toEqual([{ name: 'is_admin' }]);
  });

  it('A22: finds its request id in the answer, in the problem and in the audit trail', async () => {
    const headers = { 'x-request-id': 'trace.A22-1', 'x-correlation-id': 'walk-7' };
    const answer = await call<Problem & { instance: string }>(
      app,
      'GET /api/users/019aab7c-2f10-7c3e-8d55-5a1f0c9b7e21',
      { token: admin.access_token, headers },
    );
    expect(answer.headers.get('x-request-id')).toBe('trace.A22-1');
    expect(answer.headers.get('x-correlation-id')).toBe('walk-7');
    expect(answer.body.instance).toContain('trace.A22-1');
    await call(app, 'GET /api/users', { token: admin.access_token, headers });
    const found = await call<{ events: { action: string }[] }>(app, 'GET /api/admin/audit?request_id=trace.A22-1', {
      token: admin.access_token,
    });
    expect(found.body.events.map(({ action }) => action)).toEqual(['user.list']);
  });

  it.each(['x'.repeat(65), 'a b', '{"level":60}'])('A22: gets a new id in place of %j', async (id) => {
    const answer = await call(app, 'GET /health', { headers: { 'x-request-id': id } });
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('a test of a connection', () => {
  it('S40: cannot name a host: the server asks the configured one only, few times an hour', async () => {
    const app = await startTestApp({
      env: { NEXTCLOUD_URL: 'http://127.0.0.1:9', NEXTCLOUD_ALLOW_HTTP: 'true', RATE_LIMIT_LINK_PER_HOUR: '2' },
    });
    const { access_token: token } = await createUser(app);
    const link = (more: object) =>
      call<Problem>(app, 'PUT /api/integrations/nextcloud/account', {
        token,
        json: { login_name: 'a', app_password: 'b', ...more },
      });
    const named = await link({ url: 'http://10.0.0.1' });
    const plain = await link({});
    const third = await link({});
    await app.close();
    expect([named.status, named.body.errors?.[0]?.pointer]).toEqual([422, '/url']);
    expect(plain.body.code).toBe('upstream-unavailable');
    expect([third.status, third.body.code]).toEqual([429, 'rate-limited']);
  });
});
