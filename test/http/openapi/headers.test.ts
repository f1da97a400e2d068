// What browsers are told: CORS (S61), security headers and where the documentation is (S62); a fresh server (S63).
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, createUser, type TestUser } from '../../support/api.ts';
import { OPERATIONS } from '../../support/openapi-operations.ts';
import { rawRequest } from '../../support/raw-request.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';
import { soundRequest } from './hostile-request.ts';

const ALLOWED = ['http://localhost:3000', 'http://localhost:3001', 'http://localhost:8080'];
const REFUSED = [
  'https://evil.example',
  'null',
  'http://localhost:3000.evil.example',
  'http://localhost:30001',
  'https://localhost:3000',
  'http://evil.localhost:3000',
  'HTTP://LOCALHOST:3000',
  'file://',
  '*',
];

describe('a server in development', () => {
  let app: TestApp;
  let user: TestUser;

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  it('S63 has no account before somebody registers', async () => {
    const [row] = await app.database.read((em) => em.execute<{ count: string }[]>('select count(*) from users'));
    expect(row?.count).toBe('0');
    user = await createUser(app);
  });

  it.each(ALLOWED)('S61 lets pages of %s read answers with credentials', async (origin) => {
    const answer = await call(app, 'GET /api/auth/me', { token: user.access_token, headers: { origin } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
    expect(answer.headers.get('vary')).toMatch(/origin/i);
    const preflight = await rawRequest(app.url, {
      method: 'OPTIONS',
      path: '/api/users/me',
      headers: { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-origin']).toBe(origin);
    expect(preflight.headers['access-control-allow-methods']).toContain('PUT');
  });

  it.each(REFUSED)('S61 tells a page of %s nothing', async (origin) => {
    for (const method of ['GET', 'OPTIONS']) {
      for (const path of ['/api/auth/me', '/api/nothing', '/health', '/api/users/%zz']) {
        const answer = await rawRequest(app.url, {
          method,
          path,
          headers: { origin, authorization: `Bearer ${user.access_token}`, 'access-control-request-method': 'GET' },
        });
        expect([path, answer.headers['access-control-allow-origin']]).toEqual([path, undefined]);
      }
    }
  });

  it('S62 sends the security headers with every kind of answer', async () => {
    const requests = [
      ...OPERATIONS.map(soundRequest),
      { method: 'GET', path: '/api/nothing' },
      { method: 'GET', path: '/api/users/%zz' },
      { method: 'GET', path: `/api/jobs/${'x'.repeat(5000)}` },
      { method: 'POST', path: '/api/auth/login', headers: { 'content-type': 'application/json' }, body: '{' },
      { method: 'POST', path: '/api/auth/login', headers: { 'content-type': 'text/xml' }, body: '<a/>' },
    ];
    for (const request of requests) {
      const { headers } = await rawRequest(app.url, request);
      const of = `${request.method} ${request.path.slice(0, 80)}`;
      expect([of, headers['x-content-type-options']]).toEqual([of, 'nosniff']);
      expect([of, headers['cache-control']]).toEqual([of, expect.stringContaining('no-store')]);
      expect([of, headers['content-security-policy']]).toEqual([of, expect.stringContaining("frame-ancestors 'none'")]);
      expect([of, headers['referrer-policy']]).toEqual([of, 'no-referrer']);
      expect([of, headers['x-request-id']]).toEqual([of, expect.stringMatching(/^[\w.-]{8,64}$/)]);
      expect([of, headers['x-powered-by'], headers['server']]).toEqual([of, undefined, undefined]);
    }
  });

  it('S62 serves Swagger UI and the document', async () => {
    expect((await call(app, 'GET /docs')).status).toBe(200);
    expect((await call(app, 'GET /openapi.json')).body['openapi']).toMatch(/^3\./);
  });
});

describe('a server in production', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp({
      env: {
        NODE_ENV: 'production',
        ALLOW_EMBEDDED_DATABASE: 'true',
        JWT_SECRET: randomBytes(64).toString('base64url'),
        SECRETS_KEYS: `k1:${randomBytes(32).toString('base64')}`,
      },
    });
  });
  afterAll(() => app.close());

  it.each(['/docs', '/docs/', '/docs/swagger-ui-bundle.js', '/docs-json', '/openapi.json', '/openapi.yaml'])(
    'S62 has nothing at %s',
    async (path) => {
      expect((await call(app, `GET ${path}`)).status).toBe(404);
    },
  );

  it('S62 asks browsers to come back over TLS only', async () => {
    expect((await call(app, 'GET /health')).headers.get('strict-transport-security')).toMatch(/max-age=\d{7,}/);
  });
});
