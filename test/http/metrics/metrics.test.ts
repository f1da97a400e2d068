// GET /metrics: what is counted, and who may read it (S55).
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, createUser, type Problem, type TestUser } from '../../support/api.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const HAS_PROMTOOL = spawnSync('promtool', ['--version']).status === 0;
const TOKEN = 'a-token-of-the-scraper-long-enough';

describe('GET /metrics without METRICS_TOKEN', () => {
  let app: TestApp;
  let user: TestUser;

  beforeAll(async () => {
    app = await startTestApp();
    user = await createUser(app, { email: 'zebra-mark@clinic.example' });
  });
  afterAll(() => app.close());

  it('counts requests by route template, method and class of status, and logins by outcome', async () => {
    await call(app, 'GET /api/users/me', { token: user.access_token });
    await call(app, 'GET /api/users/019aab7c-2f10-7c3e-8d55-5a1f0c9b7e21', { token: user.access_token });
    await call(app, 'GET /api/zebra-path?zebra=query');
    await call(app, 'POST /api/auth/login', { json: { email: user.email, password: 'zebra wrong password' } });
    const { status, text, headers } = await call(app, 'GET /metrics');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(text).toContain(
      'voiceassist_http_request_duration_seconds_count{method="GET",route="/api/users/me",status="2xx"} 1',
    );
    expect(text).toContain(
      'voiceassist_http_request_duration_seconds_count{method="GET",route="/api/users/:user_id",status="4xx"} 1',
    );
    expect(text).toContain('voiceassist_logins_total{outcome="success"} 1');
    expect(text).toContain('voiceassist_logins_total{outcome="failure"} 1');
    expect(text).toMatch(/voiceassist_event_loop_delay_seconds\{statistic="p99"\} \d/);
  });

  (HAS_PROMTOOL ? it : it.skip)('F16 is clean to promtool (needs promtool of the package prometheus)', async () => {
    const { text } = await call(app, 'GET /metrics');
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  });

  it('S55: holds no path, query, id or address of anybody', async () => {
    const { text } = await call(app, 'GET /metrics');
    expect(text).not.toMatch(/zebra|019aab7c|127\.0\.0\.1|clinic/);
    expect(text).not.toContain(user.id);
  });

  it.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])(
    'answers 404 to a request that came through a proxy, by %s',
    async (name) => {
      const answer = await call<Problem>(app, 'GET /metrics', { headers: { [name]: '127.0.0.1' } });
      expect([answer.status, answer.body.code]).toEqual([404, 'not-found']);
    },
  );

  it('is not under /api, and takes no other method', async () => {
    expect((await call(app, 'GET /api/metrics')).status).toBe(404);
    expect((await call(app, 'POST /metrics', { json: {} })).status).toBe(404);
  });
});

describe('GET /metrics with METRICS_TOKEN', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp({ env: { METRICS_TOKEN: TOKEN } });
  });
  afterAll(() => app.close());

  it.each([undefined, 'wrong', TOKEN.slice(0, 10)])(
    'answers 401 to the token %j, also from this machine',
    async (token) => {
      const answer = await call<Problem>(app, 'GET /metrics', { token });
      expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated']);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="metrics"');
    },
  );

  it('answers 200 to the right one, also through a proxy', async () => {
    const answer = await call(app, 'GET /metrics', { token: TOKEN, headers: { 'x-forwarded-for': '192.0.2.7' } });
    expect(answer.status).toBe(200);
  });

  it('does not take the access token of an administrator for it', async () => {
    const admin = await createUser(app, { isAdmin: true });
    expect((await call(app, 'GET /metrics', { token: admin.access_token })).status).toBe(401);
  });
});
