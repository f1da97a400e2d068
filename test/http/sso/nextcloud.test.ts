// Login with Nextcloud: the OIDC app (discovery, RS256, client_secret_post) and the built-in OAuth 2.0 app, which has no
// ID token at all (seed row A16; X-oidc2).
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import type { OAuth2Client } from '../../nextcloud-double/oauth2-app.ts';
import { call, type Answer, type Tokens } from '../../support/api.ts';
import { ScriptedProvider } from '../../support/scripted-provider.ts';
import { landed, SsoBrowser } from '../../support/sso-browser.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const FRONTEND_URL = 'https://app.clinic.example';
const CLIENT_SECRET = 'a-client-secret-of-the-tests-0123456789';
const CALLBACK = 'http://localhost:8000/auth/callback';

async function me(app: TestApp, answer: Answer): Promise<Record<string, unknown>> {
  const { body } = await call<Tokens>(app, 'POST /api/auth/oidc/exchange', { json: { code: landed(answer, 'code') } });
  return (await call(app, 'GET /api/auth/me', { token: body.access_token })).body;
}

describe('the built-in OAuth 2.0 app', () => {
  let nextcloud: NextcloudDouble;
  let client: OAuth2Client;
  let app: TestApp;

  beforeAll(async () => {
    nextcloud = await NextcloudDouble.start();
    nextcloud.addUser({ uid: 'testdoc', password: 'x', displayName: 'Test Doctor', email: 'testdoc@clinic.example' });
    nextcloud.addUser({ uid: 'chief', password: 'x', email: 'chief@clinic.example', isAdmin: true });
    nextcloud.addUser({ uid: 'nameless', password: 'x' });
    client = nextcloud.registerOAuth2Client(CALLBACK);
    app = await startTestApp({
      env: {
        NEXTCLOUD_URL: nextcloud.url,
        NEXTCLOUD_PUBLIC_URL: 'https://cloud.clinic.example',
        NEXTCLOUD_SSO: 'oauth2',
        NEXTCLOUD_OAUTH_CLIENT_ID: client.clientId,
        NEXTCLOUD_OAUTH_CLIENT_SECRET: client.clientSecret,
        NEXTCLOUD_OAUTH_REDIRECT_URI: CALLBACK,
        NEXTCLOUD_ADMIN_GROUPS: 'admin',
        FRONTEND_URL,
      },
    });
  });
  afterAll(async () => {
    await app.close();
    await nextcloud.stop();
  });

  const signOn = async (uid: string, spoil = (back: string): string => back): Promise<Answer> => {
    const browser = new SsoBrowser(app);
    const there = await browser.open('/auth/login');
    return browser.open(spoil(nextcloud.grantOAuth2(there.headers.get('location') ?? '', uid)));
  };

  it('F26 sends browsers to the public address, by a path that needs no pretty URLs, with a state and nothing that the app would ignore', async () => {
    const there = await new SsoBrowser(app).open('/auth/login');
    const url = new URL(there.headers.get('location') ?? '');
    expect(url.origin + url.pathname).toBe('https://cloud.clinic.example/index.php/apps/oauth2/authorize');
    expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'redirect_uri', 'response_type', 'state']);
  });

  it('A16: X-oidc2: logs in whoever OCS says the token belongs to', async () => {
    expect(await me(app, await signOn('testdoc'))).toMatchObject({
      email: 'testdoc@clinic.example',
      full_name: 'Test Doctor',
      role: 'user',
    });
    expect(await me(app, await signOn('chief'))).toMatchObject({ role: 'admin' });
    const rows = await app.database.read((em) =>
      em.execute("select provider, issuer from identities where subject = 'testdoc'"),
    );
    expect(rows).toEqual([{ provider: 'nextcloud-oauth2', issuer: nextcloud.url }]);
  });

  it('believes no address that a user wrote into the own profile', async () => {
    await signOn('testdoc');
    const rows = await app.database.read((em) =>
      em.execute("select email_verified_at from users where email = 'testdoc@clinic.example'"),
    );
    expect(rows).toEqual([{ email_verified_at: null }]);
    expect(landed(await signOn('nameless'), 'error')).toBe('sso-email-required');
  });

  it('S24: logs nobody in with a code that is wrong, used, or of another browser', async () => {
    expect(landed(await signOn('testdoc', (back) => `${back}x`), 'error')).toBe('sso-failed');
    const stranger = new SsoBrowser(app);
    const there = await stranger.open('/auth/login');
    const back = nextcloud.grantOAuth2(there.headers.get('location') ?? '', 'testdoc');
    expect(landed(await new SsoBrowser(app).open(back), 'error')).toBe('sso-request-invalid');
    const error = await signOn('testdoc', (url) => url.replace(/&code=.*/, '&error=access_denied'));
    expect(landed(error, 'error')).toBe('sso-failed');
  });

  const BREAKAGES: readonly [string, number, string, Record<string, string>][] = [
    ['HTML', 200, '<html>', { 'Content-Type': 'text/html' }],
    ['no token', 200, '{}', { 'Content-Type': 'application/json' }],
    [
      'a token that is an object',
      200,
      '{"access_token":{},"token_type":"Bearer"}',
      { 'Content-Type': 'application/json' },
    ],
    ["somebody else's user_id", 200, '', {}],
    ['status 500', 500, '', {}],
    ['a redirect', 302, '', { Location: 'http://127.0.0.1:9/' }],
  ];

  it.each(BREAKAGES)('S23: logs nobody in when the token endpoint answers %s', async (what, status, body, headers) => {
    const browser = new SsoBrowser(app);
    const there = await browser.open('/auth/login');
    const back = nextcloud.grantOAuth2(there.headers.get('location') ?? '', 'testdoc');
    if (what.startsWith('somebody')) {
      const token = nextcloud.createAppPassword('testdoc');
      const lie = { access_token: token, token_type: 'Bearer', expires_in: 60, user_id: 'admin' };
      const type = { 'Content-Type': 'application/json' };
      nextcloud.faults.scripted.push({
        path: '/index.php/apps/oauth2/api',
        status: 200,
        body: JSON.stringify(lie),
        headers: type,
      });
    } else {
      nextcloud.faults.scripted.push({ path: '/index.php/apps/oauth2/api', status, body, headers });
    }
    expect(landed(await browser.open(back), 'error')).toBe('sso-failed');
    nextcloud.faults.reset();
    expect((await call(app, 'GET /health')).status).toBe(200);
  });
});

describe('the OIDC app', () => {
  let provider: ScriptedProvider;
  let app: TestApp;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    const issuer = provider.issuer('cloud');
    issuer.script = {
      // As the app 0.8.1 answers (reference: its discovery document and ID token).
      discovery: (document) => ({ ...document, token_endpoint_auth_methods_supported: ['client_secret_post'] }),
      claims: (claims) => ({
        ...claims,
        azp: 'voiceassist',
        acr: '0',
        jti: '1',
        at_hash: undefined,
        email_verified: false,
      }),
    };
    app = await startTestApp({
      env: {
        NEXTCLOUD_URL: issuer.url,
        NEXTCLOUD_PUBLIC_URL: 'https://cloud.clinic.example',
        NEXTCLOUD_CLIENT_ID: 'voiceassist',
        NEXTCLOUD_CLIENT_SECRET: CLIENT_SECRET,
        NEXTCLOUD_OIDC_ALLOW_HS256: 'true',
        FRONTEND_URL,
      },
    });
  });
  afterAll(async () => {
    await app.close();
    await provider.stop();
  });

  it('A16: logs in with the secret in the form, and sends browsers to the public address', async () => {
    const issuer = provider.issuer('cloud');
    const browser = new SsoBrowser(app);
    const location = await browser.begin('nextcloud');
    expect(location).toMatch(/^https:\/\/cloud\.clinic\.example\/authorize\?/);
    issuer.person = { sub: 'testdoc', email: 'doc@clinic.example', email_verified: true, name: 'Test Doctor' };
    expect(await me(app, await browser.open(issuer.logIn(location).href))).toMatchObject({
      email: 'doc@clinic.example',
    });
    expect(issuer.lastAuthorization).toBeUndefined();
    expect(issuer.lastTokenRequest.get('client_id')).toBe('voiceassist');
  });

  it('S22: HS256 where it is allowed means the client secret, and never a public key', async () => {
    const issuer = provider.issuer('cloud');
    issuer.person = { sub: 'symmetric', email: 'symmetric@clinic.example' };
    const before = issuer.script;
    const signOn = async (key: string): Promise<Answer> => {
      issuer.script = {
        ...before,
        idToken: (token) => {
          const input = `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${token.split('.')[1] ?? ''}`;
          return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
        },
      };
      const browser = new SsoBrowser(app);
      return browser.open(issuer.logIn(await browser.begin('nextcloud')).href);
    };
    const publicKey = issuer.publicKey.export({ type: 'spki', format: 'pem' });
    expect(landed(await signOn(String(publicKey)), 'error')).toBe('sso-failed');
    expect(landed(await signOn(CLIENT_SECRET), 'code')).not.toBeNull();
    issuer.script = before;
  });

  it('X-auth5: its email_verified, which says two things at a time, links no account', async () => {
    await app.database.read((em) =>
      em.execute("update users set email_verified_at = now() where email = 'doc@clinic.example'"),
    );
    const issuer = provider.issuer('cloud');
    issuer.person = { sub: 'impostor', email: 'doc@clinic.example', email_verified: true };
    const browser = new SsoBrowser(app);
    const back = issuer.logIn(await browser.begin('nextcloud')).href;
    expect(landed(await browser.open(back), 'error')).toBe('account-link-required');
  });
});

describe('without a web application', () => {
  let provider: ScriptedProvider;
  let app: TestApp;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    app = await startTestApp({
      env: { ...provider.environment(['clinic']), SSO_AUTO_CREATE: 'false', RATE_LIMIT_SSO_PER_MINUTE: '20' },
    });
  });
  afterAll(async () => {
    await app.close();
    await provider.stop();
  });

  it('S24: a failure is a page with its status, in our words, that loads and runs nothing', async () => {
    const answer = await new SsoBrowser(app).open('/auth/callback?state=x&error=<script>alert(1)</script>');
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('text/html');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.text).toContain('sso-request-invalid');
    expect(answer.text).not.toContain('alert');
  });

  it('a success is a page that offers to exchange the code; no token is in it', async () => {
    await call(app, 'POST /api/auth/register', {
      json: { email: 'lea@clinic.example', password: 'seven lamps above the harbour', full_name: 'Lea' },
    });
    await app.database.read((em) => em.execute('update users set email_verified_at = now()'));
    const issuer = provider.issuer('clinic');
    issuer.person = { sub: 'lea', email: 'lea@clinic.example', email_verified: true };
    const answer = await new SsoBrowser(app).signOn('clinic', issuer);
    expect(answer.status).toBe(200);
    const code = /name="code" value="(ot_[A-Za-z0-9_-]{43})"/.exec(answer.text)?.[1];
    expect((await call(app, 'POST /api/auth/oidc/exchange', { json: { code } })).status).toBe(200);
  });

  it('SSO_AUTO_CREATE=false: unknown users get no account', async () => {
    const issuer = provider.issuer('clinic');
    issuer.person = { sub: 'new', email: 'new@clinic.example', email_verified: true };
    const answer = await new SsoBrowser(app).signOn('clinic', issuer);
    expect([answer.status, answer.text.includes('sso-account-refused')]).toEqual([403, true]);
  });

  it('an account that must be linked asks for its password', async () => {
    const issuer = provider.issuer('clinic');
    issuer.person = { sub: 'second', email: 'lea@clinic.example' };
    const answer = await new SsoBrowser(app).signOn('clinic', issuer);
    expect([answer.status, answer.text.includes('data-path="/api/auth/oidc/link"')]).toEqual([409, true]);
  });

  // The last test of this application: it uses up what the others leave.
  it('X-oidc3: begins no more sign-ons for one address than it may', async () => {
    const statuses: number[] = [];
    for (let count = 0; count < 21; count += 1) statuses.push((await new SsoBrowser(app).open('/auth/login')).status);
    expect(statuses[0]).toBe(302);
    expect(statuses.at(-1)).toBe(429);
  });
});
