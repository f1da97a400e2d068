// The plain pages that links in mails open where no web application is configured.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call } from '../../support/api.ts';
import { sharedTestApp, type TestApp } from '../../support/test-app.ts';

const PAGES = [
  'verify-email',
  'resend-verification',
  'confirm-email-change',
  'reset-password',
  'accept-invitation',
  'forgot-password',
  'set-up',
];
const WITH_PASSWORD = ['reset-password', 'accept-invitation', 'set-up'];
const OF_LINKS = ['verify-email', 'confirm-email-change', 'reset-password', 'accept-invitation', 'set-up'];

let app: TestApp;

beforeAll(async () => {
  app = await sharedTestApp();
});
afterAll(() => app.close());

describe.each(PAGES)('GET /account/%s', (page) => {
  it('is a page whose one script runs by a nonce that is new each time, and which nobody can frame', async () => {
    const [first, second] = [await call(app, `GET /account/${page}`), await call(app, `GET /account/${page}`)];
    expect([first.status, first.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const policy = first.headers.get('content-security-policy') ?? '';
    const nonce = /script-src 'nonce-([^']{20,})'/.exec(policy)?.[1] ?? '';
    expect(first.text.split(`<script nonce="${nonce}">`)).toHaveLength(2);
    expect(first.text.match(/<script/g)).toHaveLength(1);
    expect(policy).toMatch(/default-src 'none'.*connect-src 'self'.*frame-ancestors 'none'/);
    expect(policy).not.toContain('unsafe');
    expect(second.text).not.toContain(nonce);
    expect([first.headers.get('cache-control'), first.headers.get('referrer-policy')]).toEqual([
      'no-store',
      'no-referrer',
    ]);
  });

  it('posts to an operation that exists', async () => {
    const { text } = await call(app, `GET /account/${page}`);
    const operation = /data-operation="([^"]+)"/.exec(text)?.[1] ?? '';
    expect((await call(app, `POST ${operation}`, { json: {} })).status).toBe(422);
  });
});

it('there is no other page', async () => {
  expect((await call(app, 'GET /account/other')).status).toBe(404);
});

describe('F21 what the pages say', () => {
  it.each(WITH_PASSWORD)('F21 %s shows the rule for passwords, and the field names it', async (page) => {
    const { text } = await call(app, `GET /account/${page}`);
    expect(text).toMatch(/aria-describedby="rule"/);
    expect(text).toMatch(/<p id="rule">At least 15 characters/);
  });

  it.each(OF_LINKS)('F21 %s has a next step for a link that cannot be used, to a page that is there', async (page) => {
    const { text } = await call(app, `GET /account/${page}`);
    const [, dead = ''] = /<div id="dead-link"[^>]*>(.*?)<\/div>/s.exec(text) ?? [];
    expect(dead).toContain('This link cannot be used');
    for (const [, href = ''] of dead.matchAll(/href="([^"]+)"/g))
      expect((await call(app, `GET ${href}`)).status).toBe(200);
    expect(dead).toMatch(/href=|Log in|Ask|restart/);
  });

  it('F21 a browser that lands on a path of single sign-on, or on none, gets a page; a program gets a problem', async () => {
    for (const path of ['/auth/callback?code=x', '/api/auth/oidc/other/callback', '/account/other']) {
      const visited = await call(app, `GET ${path}`, { headers: { accept: 'text/html,*/*;q=0.8' } });
      expect([visited.status, visited.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
      expect(visited.text).toContain('<a href="/">');
      const asked = await call(app, `GET ${path}`, { headers: { accept: '*/*' } });
      expect([asked.status, asked.headers.get('content-type')]).toEqual([
        404,
        expect.stringMatching('^application/problem\\+json'),
      ]);
    }
    const api = await call(app, 'GET /api/auth/me', { headers: { accept: 'text/html' } });
    expect(api.headers.get('content-type')).toContain('application/problem+json');
  });
});
