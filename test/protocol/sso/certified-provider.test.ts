// Against a provider that we did not write: oidc-provider, with PKCE required, RFC 9207 and back-channel logout.
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import Provider from 'oidc-provider';
import { call, type Tokens } from '../../support/api.ts';
import { freePort } from '../../support/server-under-test.ts';
import { landed, SsoBrowser } from '../../support/sso-browser.ts';
import { until } from '../../support/until.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const FRONTEND = 'https://app.clinic.example';

let server: Server;
let issuer: string;
let app: TestApp;
/** Where the provider posts its logout tokens: a door in front of the application, whose port is not known before. */
let door: Server;

beforeAll(async () => {
  // What it has to say about a provider for production.
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  jest.spyOn(console, 'info').mockImplementation(() => undefined);
  door = createServer((request, response) => void forward(request, response)).listen(0, '127.0.0.1');
  const port = await freePort();
  issuer = `http://127.0.0.1:${port}`;
  const answer = certifiedProvider().callback();
  server = createServer((request, response) => void answer(request, response)).listen(port, '127.0.0.1');
  app = await startTestApp({
    env: {
      OIDC_PROVIDERS: 'certified',
      OIDC_CERTIFIED_ISSUER: issuer,
      OIDC_CERTIFIED_CLIENT_ID: 'voiceassist',
      OIDC_CERTIFIED_CLIENT_SECRET: 'a secret with : and % and + in it, long enough',
      FRONTEND_URL: FRONTEND,
    },
  });
});
afterAll(async () => {
  await app.close();
  for (const each of [server, door]) {
    each.closeAllConnections();
    await new Promise<void>((resolve) => each.close(() => resolve()));
  }
});

function certifiedProvider(): Provider {
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'voiceassist',
        client_secret: 'a secret with : and % and + in it, long enough',
        redirect_uris: ['http://localhost:8000/api/auth/oidc/certified/callback'],
        post_logout_redirect_uris: [FRONTEND],
        backchannel_logout_uri: `http://127.0.0.1:${(door.address() as AddressInfo).port}/backchannel-logout`,
        backchannel_logout_session_required: true,
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'client_secret_basic',
      },
    ],
    pkce: { required: () => true },
    // Its own refuses addresses of this host.
    fetch: (url, { method, headers, body, signal } = {}) =>
      fetch(url, { method: method ?? 'GET', headers: headers ?? {}, body: body ?? null, signal: signal ?? null }),
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    features: { devInteractions: { enabled: true }, backchannelLogout: { enabled: true } },
    cookies: { keys: ['only for this test'] },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({ sub, email: `${sub}@clinic.example`, email_verified: true, name: 'Certified Person' }),
    }),
  });
  return provider;
}

/** A person with a browser at the provider: follows its pages, fills in its forms. */
class ProviderBrowser {
  readonly #cookies = new Map<string, string>();

  async open(target: string, form?: Record<string, string>): Promise<{ location: string | null; text: string }> {
    const response = await fetch(new URL(target, issuer), {
      redirect: 'manual',
      method: form ? 'POST' : 'GET',
      headers: { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form && { body: new URLSearchParams(form) }),
    });
    for (const each of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (each.split(';')[0] ?? '').split('=');
      this.#cookies.set(name, value);
    }
    return { location: response.headers.get('location'), text: await response.text() };
  }

  /** Logs in and consents. @returns where the provider sends the browser back to */
  async logIn(authorizationUrl: string, login: string): Promise<string> {
    const first = await this.open(authorizationUrl);
    let { location } = first;
    if (location === null) throw new Error(first.text.replace(/<[^>]*>/g, ' ').slice(-600));
    for (const form of [{ prompt: 'login', login, password: 'x' }, { prompt: 'consent' }]) {
      if (location === null || !location.includes('/interaction/')) break;
      await this.open(location);
      const submitted = await this.open(location, form);
      location = (await this.open(submitted.location ?? '')).location;
    }
    return location ?? '';
  }
}

async function forward(request: AsyncIterable<unknown>, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const url = `${app.url}/api/auth/oidc/certified/backchannel-logout`;
  const answer = await fetch(url, { method: 'POST', headers, body });
  response.writeHead(answer.status, { 'cache-control': 'no-store' }).end(await answer.text());
}

describe('a certified provider', () => {
  it('A16: S21: S27: logs a user in with PKCE, names itself, is logged out of, and ends the session itself', async () => {
    const browser = new SsoBrowser(app);
    const person = new ProviderBrowser();
    const back = await person.logIn(await browser.begin('certified'), 'nora');
    expect(new URL(back).searchParams.get('iss')).toBe(issuer);
    const answer = await browser.open(back);
    const json = { code: landed(answer, 'code') };
    const { body: tokens } = await call<Tokens>(app, 'POST /api/auth/oidc/exchange', { json });
    const me = await call(app, 'GET /api/auth/me', { token: tokens.access_token });
    expect(me.body).toMatchObject({ email: 'nora@clinic.example', full_name: 'Certified Person' });

    const second = new SsoBrowser(app);
    const again = await second.open(await person.logIn(await second.begin('certified'), 'nora'));
    const more = await call<Tokens>(app, 'POST /api/auth/oidc/exchange', { json: { code: landed(again, 'code') } });
    const left = await call(app, 'POST /api/auth/oidc/logout', { token: more.body.access_token });
    const page = await person.open(String(left.body['logout_url']));
    const secret = /name="xsrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const confirmed = await person.open('/session/end/confirm', { xsrf: secret, logout: 'yes' });
    expect(confirmed.location).toContain(FRONTEND);
    // The provider has told the other session, which shares its own, over the back channel.
    await until(async () => (await call(app, 'GET /api/auth/me', { token: tokens.access_token })).status === 401);
  });

  it('S24: refuses its answer under another issuer', async () => {
    const browser = new SsoBrowser(app);
    const back = new URL(await new ProviderBrowser().logIn(await browser.begin('certified'), 'otto'));
    back.searchParams.set('iss', 'https://accounts.google.com');
    expect(landed(await browser.open(back.href), 'error')).toBe('sso-request-invalid');
  });
});
