// How often something may be asked, and who is counted (bars S8 and S9).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, createUser, type Problem, type TestUser } from '../../support/api.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

/** The limits as an operator gets them; the test application widens them otherwise. */
const AS_SHIPPED = {
  RATE_LIMIT_REGISTER_PER_HOUR: '',
  RATE_LIMIT_LOGIN_PER_MINUTE: '',
  RATE_LIMIT_REFRESH_PER_MINUTE: '',
};

const LIMITED = [
  { route: 'POST /api/auth/register', most: 5, json: { email: 'x', password: 'x' }, windowSeconds: 3600 },
  { route: 'POST /api/auth/login', most: 10, json: { email: 'x', password: 'x' }, windowSeconds: 60 },
  { route: 'POST /api/auth/refresh', most: 20, json: { refresh_token: 'x' }, windowSeconds: 60 },
];

async function statuses(
  app: TestApp,
  route: string,
  json: unknown,
  headersOf: (index: number) => Record<string, string>,
) {
  const most = LIMITED.find((each) => each.route === route)?.most ?? 0;
  const found: number[] = [];
  for (let index = 0; index <= most; index += 1) {
    found.push((await call(app, route, { json, headers: headersOf(index) })).status);
  }
  return found;
}

describe('without trusted proxies', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ env: AS_SHIPPED });
  });
  afterAll(() => app.close());

  it.each(LIMITED)('S8 S9 $route: $most pass and the next is 429, whatever forwarding headers say', async (limit) => {
    const found = await statuses(app, limit.route, limit.json, (index) => ({
      'x-forwarded-for': `192.0.2.${index}`,
      forwarded: `for=192.0.2.${index}`,
      'x-real-ip': `192.0.2.${index}`,
      'cf-connecting-ip': `192.0.2.${index}`,
    }));
    expect(found.slice(0, limit.most)).not.toContain(429);
    expect(found.at(-1)).toBe(429);
    const refused = await call<Problem>(app, limit.route, { json: limit.json });
    expect(refused.body.code).toBe('rate-limited');
    expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const retryAfterSeconds = Number(refused.headers.get('retry-after'));
    expect(retryAfterSeconds).toBeGreaterThan(limit.windowSeconds - 30);
    expect(retryAfterSeconds).toBeLessThanOrEqual(limit.windowSeconds);
  });

  it('keeps the probes free of limits', async () => {
    for (let index = 0; index < 30; index += 1) expect((await call(app, 'GET /health')).status).toBe(200);
  });
});

describe('behind a trusted proxy', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ env: { ...AS_SHIPPED, TRUSTED_PROXIES: '127.0.0.1' } });
  });
  afterAll(() => app.close());

  it('S9 counts the right-most address that is no proxy: what a client puts in front changes nothing', async () => {
    const found = await statuses(app, 'POST /api/auth/login', LIMITED[1]?.json, (index) => ({
      'x-forwarded-for': `192.0.2.${index}, 198.51.100.7`,
    }));
    expect(found.at(-1)).toBe(429);
    const other = await call(app, 'POST /api/auth/login', {
      json: LIMITED[1]?.json,
      headers: { 'x-forwarded-for': '198.51.100.8' },
    });
    expect(other.status).toBe(422);
  });

  it('S9 counts an IPv6 /64 as one client', async () => {
    const found = await statuses(app, 'POST /api/auth/refresh', LIMITED[2]?.json, (index) => ({
      'x-forwarded-for': `2001:db8:1:2::${index + 1}`,
    }));
    expect(found.at(-1)).toBe(429);
    const other = await call(app, 'POST /api/auth/refresh', {
      json: LIMITED[2]?.json,
      headers: { 'x-forwarded-for': '2001:db8:1:3::1' },
    });
    expect(other.status).toBe(401);
  });

  it('S9 counts a logged-in user by account, from whatever address', async () => {
    const limited = await startTestApp({ env: { TRUSTED_PROXIES: '127.0.0.1', RATE_LIMIT_REQUESTS_PER_MINUTE: '5' } });
    try {
      const [one, other]: TestUser[] = [await createUser(limited), await createUser(limited)];
      const read = (user: TestUser | undefined, address: string) =>
        call(limited, 'GET /api/auth/me', { token: user?.access_token, headers: { 'x-forwarded-for': address } });
      const found = [];
      for (let index = 0; index < 6; index += 1) found.push((await read(one, `192.0.2.${index}`)).status);
      expect(found).toEqual([200, 200, 200, 200, 200, 429]);
      expect((await read(other, '192.0.2.1')).status).toBe(200);
    } finally {
      await limited.close();
    }
  });
});
