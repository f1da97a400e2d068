// The plain pages that links in mails open where no web application is configured.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call } from '../../support/api.ts';
import { sharedTestApp, type TestApp } from '../../support/test-app.ts';

const PAGES = ['verify-email', 'confirm-email-change', 'reset-password', 'accept-invitation', 'forgot-password'];

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
