// Logging out on either side of a single sign-on (bar S27; OpenID Connect Back-Channel Logout 1.0 section 2.6), and the
// tokens of the provider (seed row A20).
import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ProviderTokenKeeper } from '../../../src/auth/oidc/provider-tokens.ts';
import { call, type Answer, type Tokens } from '../../support/api.ts';
import { ScriptedProvider, type ScriptedIssuer } from '../../support/scripted-provider.ts';
import { landed, SsoBrowser } from '../../support/sso-browser.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

type Claims = Record<string, unknown>;

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const now = (): number => Math.floor(Date.now() / 1000);

let provider: ScriptedProvider;
let issuer: ScriptedIssuer;
let app: TestApp;

beforeAll(async () => {
  provider = await ScriptedProvider.start();
  issuer = provider.issuer('clinic');
  app = await startTestApp({
    env: { ...provider.environment(['clinic', 'other', 'bare']), FRONTEND_URL: 'https://app.clinic.example' },
  });
});
afterAll(async () => {
  await app.close();
  await provider.stop();
});
beforeEach(() => {
  issuer.script = {};
});

async function session(sub: string, sid?: string): Promise<Tokens> {
  issuer.person = { sub, email: `${sub}@clinic.example`, ...(sid !== undefined && { sid }) };
  const code = landed(await new SsoBrowser(app).signOn('clinic', issuer), 'code');
  return (await call<Tokens>(app, 'POST /api/auth/oidc/exchange', { json: { code } })).body;
}

const status = async ({ access_token: token }: Tokens): Promise<number> =>
  (await call(app, 'GET /api/auth/me', { token })).status;

const logoutToken = (change: Claims = {}, header: Claims = {}): string =>
  issuer.signed(
    {
      iss: issuer.url,
      aud: 'voiceassist',
      iat: now(),
      exp: now() + 120,
      jti: randomUUID(),
      events: { [EVENT]: {} },
      ...change,
    },
    { typ: 'logout+jwt', ...header },
  );

async function post(body: string, type = 'application/x-www-form-urlencoded', path = 'clinic'): Promise<Answer> {
  const url = `${app.url}/api/auth/oidc/${path}/backchannel-logout`;
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) as Claims };
}

const send = (token: string) => post(new URLSearchParams({ logout_token: token }).toString());

describe('POST /api/auth/oidc/{provider}/backchannel-logout', () => {
  it('S27: a good token with sid ends that session and no other, at once', async () => {
    const [first, second] = [await session('ben', 'sid-1'), await session('ben', 'sid-2')];
    const answer = await send(logoutToken({ sub: 'ben', sid: 'sid-1' }));
    expect([answer.status, answer.body, answer.headers.get('cache-control')]).toEqual([
      200,
      { sessions: 1 },
      'no-store',
    ]);
    expect([await status(first), await status(second)]).toEqual([401, 200]);
    const json = { refresh_token: first.refresh_token };
    expect((await call(app, 'POST /api/auth/refresh', { json })).status).toBe(401);
  });

  it('S27: a good token with sub alone ends every session of the user, and a login that is half-way', async () => {
    const [first, second, other] = [await session('cleo'), await session('cleo', 's'), await session('dana')];
    issuer.person = { sub: 'cleo', email: 'cleo@clinic.example' };
    const code = landed(await new SsoBrowser(app).signOn('clinic', issuer), 'code');
    expect((await send(logoutToken({ sub: 'cleo' }))).body).toEqual({ sessions: 2 });
    expect([await status(first), await status(second), await status(other)]).toEqual([401, 401, 200]);
    expect((await call(app, 'POST /api/auth/oidc/exchange', { json: { code } })).status).toBe(401);
  });

  it('S27: a sid alone ends its session', async () => {
    const tokens = await session('emil', 'sid-of-emil');
    expect((await send(logoutToken({ sid: 'sid-of-emil' }))).status).toBe(200);
    expect(await status(tokens)).toBe(401);
  });

  it('S27: a replayed token is refused', async () => {
    const token = logoutToken({ sub: 'nobody' });
    expect([(await send(token)).status, (await send(token)).status]).toEqual([200, 400]);
  });

  const REFUSED: readonly [string, () => string][] = [
    ['typ JWT: it could be an ID token', () => logoutToken({ sub: 'fay' }, { typ: 'JWT' })],
    ['no typ', () => logoutToken({ sub: 'fay' }, { typ: undefined })],
    ['a nonce', () => logoutToken({ sub: 'fay', nonce: 'x' })],
    ['a nonce that is null', () => logoutToken({ sub: 'fay', nonce: null })],
    ['no events', () => logoutToken({ sub: 'fay', events: undefined })],
    ['another event', () => logoutToken({ sub: 'fay', events: { 'http://example.org/event': {} } })],
    ['an event that is no object', () => logoutToken({ sub: 'fay', events: { [EVENT]: true } })],
    ['events as a list', () => logoutToken({ sub: 'fay', events: [EVENT] })],
    ['neither sub nor sid', () => logoutToken()],
    ['sub as an object', () => logoutToken({ sub: { $ne: null } })],
    ['no jti', () => logoutToken({ sub: 'fay', jti: undefined })],
    ['jti as a number', () => logoutToken({ sub: 'fay', jti: 7 })],
    ['no iat', () => logoutToken({ sub: 'fay', iat: undefined })],
    ['no exp', () => logoutToken({ sub: 'fay', exp: undefined })],
    ['exp long ago', () => logoutToken({ sub: 'fay', exp: now() - 300, iat: now() - 400 })],
    ['a foreign iss', () => logoutToken({ sub: 'fay', iss: 'https://evil.example' })],
    ['a foreign aud', () => logoutToken({ sub: 'fay', aud: 'other' })],
    [
      'alg none',
      () => `${part({ alg: 'none', typ: 'logout+jwt' })}.${logoutToken({ sub: 'fay' }).split('.')[1] ?? ''}.`,
    ],
    [
      'HS256 with the client secret',
      () => {
        const input = `${part({ alg: 'HS256', typ: 'logout+jwt' })}.${logoutToken({ sub: 'fay' }).split('.')[1] ?? ''}`;
        const key = 'a-client-secret-of-the-tests-0123456789';
        return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
      },
    ],
    ['no token', () => 'hello'],
    ['20,000 characters', () => 'x'.repeat(20_000)],
  ];

  it.each(REFUSED)(
    'S27: a token with %s is refused with 400, ends nothing, and leaves one audit row',
    async (_, token) => {
      const living = await session('fay');
      const rows = await auditRows();
      const answer = await send(token());
      expect([answer.status, answer.body['code'], answer.headers.get('cache-control')]).toEqual([
        400,
        'invalid-logout-token',
        'no-store',
      ]);
      expect(await status(living)).toBe(200);
      expect((await auditRows()) - rows).toBe(1);
    },
  );

  it('S27: a token of one provider ends nothing at another', async () => {
    const living = await session('gus');
    const form = new URLSearchParams({ logout_token: logoutToken({ sub: 'gus' }) }).toString();
    expect((await post(form, undefined, 'other')).status).toBe(400);
    expect(await status(living)).toBe(200);
  });

  it('takes one token in a form of bounded size, and no other kind of body', async () => {
    const token = logoutToken({ sub: 'nobody' });
    expect((await post(JSON.stringify({ logout_token: token }), 'application/json')).status).toBe(415);
    expect((await post('', undefined)).status).toBe(400);
    expect((await post(`logout_token=${token}&logout_token=${token}`)).status).toBe(400);
    expect((await post(`logout_token=${'x'.repeat(100_000)}`)).status).toBe(413);
    expect((await post('logout_token=x', undefined, 'nobody')).status).toBe(404);
    const login = await fetch(`${app.url}/api/auth/login`, {
      method: 'POST',
      body: new URLSearchParams({ email: 'a' }),
    });
    expect(login.status).toBe(415);
  });
});

describe('POST /api/auth/oidc/logout', () => {
  it('ends the session here and says where it ends at the provider (RP-Initiated Logout 1.0)', async () => {
    const tokens = await session('hal');
    const answer = await call(app, 'POST /api/auth/oidc/logout', { token: tokens.access_token });
    const url = new URL(String(answer.body['logout_url']));
    expect(url.origin + url.pathname).toBe(`${issuer.url}/logout`);
    expect(url.searchParams.get('client_id')).toBe('voiceassist');
    expect(url.searchParams.get('post_logout_redirect_uri')).toBe('https://app.clinic.example');
    expect(url.searchParams.get('id_token_hint')?.split('.')).toHaveLength(3);
    expect(await status(tokens)).toBe(401);
  });

  it('ends the session also when the provider has no such page', async () => {
    const bare = provider.issuer('bare');
    bare.script = { discovery: (document) => ({ ...document, end_session_endpoint: undefined }) };
    bare.person = { sub: 'ida', email: 'ida@clinic.example' };
    const code = landed(await new SsoBrowser(app).signOn('bare', bare), 'code');
    const { body } = await call<Tokens>(app, 'POST /api/auth/oidc/exchange', { json: { code } });
    const answer = await call(app, 'POST /api/auth/oidc/logout', { token: body.access_token });
    expect([answer.status, answer.body, await status(body)]).toEqual([200, { logout_url: null }, 401]);
  });
});

describe('A20: the tokens of a provider', () => {
  const keep = (userId: string) => app.app.get(ProviderTokenKeeper, { strict: false }).accessTokenOf(userId, 'clinic');
  const userId = async (email: string): Promise<string> => {
    const rows = await app.database.read((em) =>
      em.execute<{ id: string }[]>('select id from users where email = ?', [email]),
    );
    return rows[0]?.id ?? '';
  };

  it('are used while they are good, and renewed once for all who ask when they are not', async () => {
    await session('jon');
    const id = await userId('jon@clinic.example');
    const asked = issuer.asked.token;
    const first = await keep(id);
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(issuer.asked.token).toBe(asked);
    issuer.script = { tokens: (answer) => ({ ...answer, expires_in: 1 }) };
    await session('jon');
    issuer.script = {};
    const before = issuer.asked.token;
    const renewed = await Promise.all(Array.from({ length: 5 }, () => keep(id)));
    expect(new Set(renewed).size).toBe(1);
    expect(renewed[0]).not.toBe(first);
    expect(issuer.asked.token - before).toBe(1);
    expect(issuer.lastTokenRequest.get('grant_type')).toBe('refresh_token');
  });

  it('are nothing for who never logged in there, or whose refresh token is refused', async () => {
    issuer.script = { tokens: (answer) => ({ ...answer, expires_in: 1 }) };
    await session('kim');
    issuer.script = {
      spoil: {
        token: (_, response) => (response.writeHead(400, { 'content-type': 'application/json' }).end('{}'), true),
      },
    };
    expect(await keep(await userId('kim@clinic.example'))).toBeNull();
    expect(await keep(randomUUID())).toBeNull();
  });
});

async function auditRows(): Promise<number> {
  const [row] = await app.database.read((em) =>
    em.execute<{ count: string }[]>("select count(*) from audit_events where action = 'sso.logout'"),
  );
  return Number(row?.count);
}

function part(value: Claims): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
