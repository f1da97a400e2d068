// Single sign-on from the first redirect to the session, with a scripted provider (bars S21, S24; seed rows A16, A17).
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { call, type Tokens } from '../../support/api.ts';
import { ScriptedProvider, type ScriptedIssuer } from '../../support/scripted-provider.ts';
import { landed, SsoBrowser } from '../../support/sso-browser.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const FRONTEND = 'https://app.clinic.example/start';
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

let provider: ScriptedProvider;
let issuer: ScriptedIssuer;
let app: TestApp;
let browser: SsoBrowser;

beforeAll(async () => {
  provider = await ScriptedProvider.start();
  issuer = provider.issuer('clinic');
  app = await startTestApp({
    env: {
      ...provider.environment(['clinic', 'other']),
      OIDC_CLINIC_LABEL: 'Clinic login',
      FRONTEND_URL: FRONTEND,
      PUBLIC_URL: 'https://api.clinic.example',
    },
  });
});
afterAll(async () => {
  await app.close();
  await provider.stop();
});
beforeEach(() => {
  browser = new SsoBrowser(app);
  issuer.script = {};
  issuer.person = { sub: 'ana', email: 'ana@clinic.example', email_verified: true, name: 'Ana Duarte' };
});

const exchange = (code: string | null, json: Record<string, unknown> = {}) =>
  call<Tokens & { code?: string }>(app, 'POST /api/auth/oidc/exchange', { json: { code, ...json } });

const rowsOf = async (table: string): Promise<number> => {
  const [row] = await app.database.read((em) => em.execute<{ count: string }[]>(`select count(*) from ${table}`));
  return Number(row?.count);
};

const failures = () =>
  app.database.read((em) =>
    em.execute<{ details: { reason: string } }[]>(
      "select details from audit_events where action in ('sso.login', 'sso.exchange') and outcome = 'failure' order by sequence",
    ),
  );

describe('GET /api/auth/oidc/providers', () => {
  it('lists who is on, with a label and where to begin', async () => {
    const { body } = await call(app, 'GET /api/auth/oidc/providers');
    expect(body).toEqual({
      providers: [
        {
          id: 'clinic',
          label: 'Clinic login',
          login_url: 'https://api.clinic.example/api/auth/oidc/clinic/login',
        },
        { id: 'other', label: 'other', login_url: 'https://api.clinic.example/api/auth/oidc/other/login' },
      ],
    });
  });
});

describe('GET /api/auth/oidc/{provider}/login', () => {
  it('S21: redirects with state, nonce, S256 challenge, the exact redirect URI and the least scopes', async () => {
    const url = new URL(await browser.begin('clinic'));
    expect(url.origin + url.pathname).toBe(`${issuer.url}/authorize`);
    const query = Object.fromEntries(url.searchParams);
    expect(query).toEqual({
      response_type: 'code',
      client_id: 'voiceassist',
      scope: 'openid profile email',
      redirect_uri: 'https://api.clinic.example/api/auth/oidc/clinic/callback',
      state: expect.stringMatching(/^ot_[A-Za-z0-9_-]{43}$/),
      nonce: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      code_challenge: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      code_challenge_method: 'S256',
    });
  });

  it('S21: X-auth4: binds each transaction to the browser by a cookie of its own that no script and no other site sees', async () => {
    const answer = await browser.open('/api/auth/oidc/clinic/login');
    const [cookie = '', ...more] = answer.headers.getSetCookie();
    expect(more).toEqual([]);
    expect(cookie).toMatch(
      /^__Host-sign_on_[0-9a-f]{16}=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600; Secure$/,
    );
    await browser.open('/api/auth/oidc/clinic/login');
    expect(browser.cookies.size).toBe(2);
  });

  it('S21: keeps nothing in the database that a reader of it could use, and no longer than ten minutes', async () => {
    const url = new URL(await browser.begin('clinic'));
    const rows = await app.database.read((em) =>
      em.execute<{ row: string; life: number }[]>(
        `select row_to_json(t)::text as row, extract(epoch from expires_at - created_at)::int as life
         from one_time_tokens t where purpose = 'oidc-transaction'`,
      ),
    );
    expect(Math.max(...rows.map(({ life }) => life))).toBeLessThanOrEqual(600);
    const text = rows.map(({ row }) => row).join();
    for (const secret of ['state', 'nonce', 'code_challenge']) expect(text).not.toContain(url.searchParams.get(secret));
  });

  it('X-oidc3: takes no redirect URI and no foreign return address from its caller', async () => {
    expect((await browser.open('/api/auth/oidc/clinic/login?redirect_uri=https://evil.example')).status).toBe(422);
    for (const path of ['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:x', '/%0d%0a\nx']) {
      const answer = await browser.open(`/api/auth/oidc/clinic/login?return_path=${encodeURIComponent(path)}`);
      expect([path, answer.status]).toEqual([path, 422]);
    }
  });

  it('answers 404 for a provider that is not on', async () => {
    expect((await browser.open('/api/auth/oidc/google/login')).status).toBe(404);
  });
});

describe('a whole sign-on', () => {
  it('A16: X-oidc1: ends with a one-time code in the URL and a session at its exchange, for a new account (A17)', async () => {
    const answer = await browser.signOn('clinic', issuer, `?code_challenge=${CHALLENGE}&return_path=/settings`);
    expect(answer.status).toBe(302);
    const location = new URL(answer.headers.get('location') ?? '');
    expect(location.origin + location.pathname).toBe(`${FRONTEND}/settings`);
    expect([...location.searchParams.keys()]).toEqual(['code']);
    expect(location.hash).toBe('');
    const tokens = await exchange(landed(answer, 'code'), { code_verifier: VERIFIER });
    expect(tokens.status).toBe(200);
    const me = await call(app, 'GET /api/auth/me', { token: tokens.body.access_token });
    expect(me.body).toMatchObject({ email: 'ana@clinic.example', full_name: 'Ana Duarte', role: 'user' });
  });

  it('F27 a sign-on that began on the page for apps returns there, and not to the web application', async () => {
    const path = '/account/connect?app=voiceassist_client&redirect_uri=https%3A%2F%2Fcloud.example%2Fx';
    const query = `?code_challenge=${CHALLENGE}&return_path=${encodeURIComponent(path)}`;
    const answer = await browser.signOn('clinic', issuer, query);
    const back = new URL(answer.headers.get('location') ?? '');
    expect(back.origin + back.pathname).toBe('https://api.clinic.example/account/connect');
    expect([...back.searchParams.keys()]).toEqual(['app', 'redirect_uri', 'code']);
    const elsewhere = await browser.signOn(
      'clinic',
      issuer,
      `?return_path=${encodeURIComponent('/account/connected?x=1')}`,
    );
    expect(elsewhere.headers.get('location')).toContain(FRONTEND);
  });

  it('S18: A17: knows the user by issuer and subject, refreshes the profile, and refuses a deactivated account', async () => {
    issuer.person = { sub: 'known', email: 'known@clinic.example', name: 'Old Name' };
    await exchange(landed(await browser.signOn('clinic', issuer), 'code'));
    issuer.person = { sub: 'known', email: 'moved@clinic.example', name: 'New Name' };
    const again = await exchange(landed(await browser.signOn('clinic', issuer), 'code'));
    const { body } = await call(app, 'GET /api/auth/me', { token: again.body.access_token });
    expect(body).toMatchObject({ email: 'known@clinic.example', full_name: 'New Name' });
    const pending = landed(await browser.signOn('clinic', issuer), 'code');
    await app.database.read((em) =>
      em.execute("update users set is_active = false where email = 'known@clinic.example'"),
    );
    expect((await exchange(pending)).body.code).toBe('invalid-sso-code');
    expect(landed(await browser.signOn('clinic', issuer), 'error')).toBe('sso-account-refused');
  });

  it('sends the client secret by the method of the provider and never in a URL', async () => {
    await browser.signOn('clinic', issuer);
    expect(issuer.lastAuthorization).toMatch(/^Basic /);
    expect(issuer.lastTokenRequest.get('client_secret')).toBeNull();
    expect(issuer.lastTokenRequest.get('code_verifier')).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('the code is good once, for a minute, and for the client with the verifier', async () => {
    const code = landed(await browser.signOn('clinic', issuer, `?code_challenge=${CHALLENGE}`), 'code');
    expect((await exchange(code)).body.code).toBe('invalid-sso-code');
    expect((await exchange(code, { code_verifier: VERIFIER })).body.code).toBe('invalid-sso-code');
    const plain = landed(await browser.signOn('clinic', issuer), 'code');
    expect((await exchange(plain, { code_verifier: VERIFIER })).status).toBe(401);
    const twice = landed(await browser.signOn('clinic', issuer), 'code');
    expect((await exchange(twice)).status).toBe(200);
    expect((await exchange(twice)).status).toBe(401);
    const late = landed(await browser.signOn('clinic', issuer), 'code');
    await app.database.read((em) =>
      em.execute("update one_time_tokens set expires_at = now() - interval '1 second' where purpose = 'oidc-exchange'"),
    );
    expect((await exchange(late)).status).toBe(401);
  });

  it('X-auth6: leads to the second factor like every other login', async () => {
    issuer.person = { sub: 'guarded', email: 'guarded@clinic.example', email_verified: true };
    await browser.signOn('clinic', issuer);
    await app.database.read((em) =>
      em.execute(
        `insert into totp_factors (user_id, sealed_secret, confirmed_at)
         select id, 'x', now() from users where email = 'guarded@clinic.example'`,
      ),
    );
    const answer = await exchange(landed(await browser.signOn('clinic', issuer), 'code'));
    expect(answer.body).toMatchObject({ mfa_required: true, mfa_methods: ['totp'] });
    expect(answer.text).not.toContain('access_token');
  });

  it('two tabs of one browser both arrive', async () => {
    const [first, second] = [await browser.begin('clinic'), await browser.begin('clinic')];
    expect(landed(await browser.open(issuer.logIn(first).href), 'code')).not.toBeNull();
    expect(landed(await browser.open(issuer.logIn(second).href), 'code')).not.toBeNull();
  });

  it('X-oidc2: the seed paths /auth/login and /auth/callback serve the default provider', async () => {
    const begun = await browser.open('/auth/login');
    expect(begun.status).toBe(302);
    const back = issuer.logIn(begun.headers.get('location') ?? '');
    const answer = await browser.open(`/auth/callback${back.search}`);
    expect((await exchange(landed(answer, 'code'))).status).toBe(200);
  });

  it('A20: keeps the tokens of the provider sealed and hands them to nobody', async () => {
    let issued: Record<string, unknown> = {};
    issuer.script = { tokens: (answer) => (issued = answer) };
    const answer = await browser.signOn('clinic', issuer);
    const tokens = await exchange(landed(answer, 'code'));
    const rows = await app.database.read((em) =>
      em.execute<{ row: string }[]>(
        `select row_to_json(i)::text as row from identities i
         union all select row_to_json(o)::text from one_time_tokens o
         union all select row_to_json(e)::text from audit_events e`,
      ),
    );
    const everything = [tokens.text, answer.headers.get('location'), ...rows.map(({ row }) => row)].join('\n');
    for (const name of ['access_token', 'refresh_token', 'id_token']) {
      expect(everything).not.toContain(String(issued[name]));
    }
  });
});

describe('GET /api/auth/oidc/{provider}/callback', () => {
  /** Callbacks that nobody may be logged in by; each gets the one of a good sign-on. */
  const CASES: readonly [string, string, (back: URL) => Promise<string> | string, string][] = [
    ['without state', 'state-unknown', (back) => without(back, 'state'), 'sso-request-invalid'],
    [
      'with a state that nobody issued',
      'state-unknown',
      (back) => changed(back, 'state', `ot_${'A'.repeat(43)}`),
      'sso-request-invalid',
    ],
    ['with the state twice', 'state-unknown', (back) => `${back.href}&state=x`, 'sso-request-invalid'],
    ['without code', 'code-missing', (back) => without(back, 'code'), 'sso-request-invalid'],
    [
      'with a code of 5,000 characters',
      'code-missing',
      (back) => changed(back, 'code', 'x'.repeat(5000)),
      'sso-request-invalid',
    ],
    [
      'with a code that the provider does not know',
      'token-endpoint',
      (back) => changed(back, 'code', 'unknown'),
      'sso-failed',
    ],
    [
      'with a foreign iss',
      'issuer-parameter',
      (back) => changed(back, 'iss', 'https://evil.example'),
      'sso-request-invalid',
    ],
    ['with iss twice', 'issuer-parameter', (back) => `${back.href}&iss=a&iss=b`, 'sso-request-invalid'],
    [
      'with error=<script>',
      'provider-refused',
      (back) => `${back.href}&error=<script>alert(1)</script>&error_description=<b>`,
      'sso-failed',
    ],
    [
      'with error=access_denied',
      'provider-refused',
      (back) => `${without(back, 'code')}&error=access_denied`,
      'sso-failed',
    ],
    [
      'at another provider',
      'state-of-another-provider',
      (back) => back.href.replace('/clinic/', '/other/'),
      'sso-request-invalid',
    ],
  ];

  it.each(CASES)('S24: %s: nobody is logged in, one audit row', async (_, reason, spoil, error) => {
    issuer.person = { sub: `nobody-${reason}`, email: 'nobody@clinic.example' };
    const [users, audited] = [await rowsOf('users'), (await failures()).length];
    const answer = await browser.open(await spoil(issuer.logIn(await browser.begin('clinic'))));
    expect([answer.status, landed(answer, 'error'), landed(answer, 'code')]).toEqual([302, error, null]);
    expect(answer.headers.get('location')).not.toContain('script');
    expect((await failures()).slice(audited).map(({ details }) => details.reason)).toEqual([reason]);
    expect(await rowsOf('users')).toBe(users);
    expect((await call(app, 'GET /health')).status).toBe(200);
  });

  it("S24: X-auth4: with another browser's state nobody is logged in, and the state is used up", async () => {
    const victim = new SsoBrowser(app);
    await victim.begin('clinic');
    const back = issuer.logIn(await browser.begin('clinic')).href;
    expect(landed(await victim.open(back), 'error')).toBe('sso-request-invalid');
    expect(landed(await browser.open(back), 'error')).toBe('sso-request-invalid');
    expect((await failures()).slice(-2).map(({ details }) => details.reason)).toEqual([
      'state-of-another-browser',
      'state-unknown',
    ]);
  });

  it('S24: a callback that is repeated logs nobody in', async () => {
    const back = issuer.logIn(await browser.begin('clinic')).href;
    expect(landed(await browser.open(back), 'code')).not.toBeNull();
    expect(landed(await browser.open(back), 'error')).toBe('sso-request-invalid');
  });

  it('S24: a state older than ten minutes is unknown', async () => {
    const back = issuer.logIn(await browser.begin('clinic')).href;
    await app.database.read((em) =>
      em.execute(
        "update one_time_tokens set expires_at = now() - interval '1 second' where purpose = 'oidc-transaction'",
      ),
    );
    expect(landed(await browser.open(back), 'error')).toBe('sso-request-invalid');
  });

  it('S24: a provider that names itself must do so (RFC 9207)', async () => {
    const names = provider.issuer('other');
    names.script = { discovery: (document) => ({ ...document, authorization_response_iss_parameter_supported: true }) };
    names.person = { sub: 'named', email: 'named@clinic.example' };
    const silent = names.logIn(await browser.begin('other')).href;
    expect(landed(await browser.open(silent), 'error')).toBe('sso-request-invalid');
    const named = names.logIn(await browser.begin('other'));
    named.searchParams.set('iss', names.url);
    expect(landed(await browser.open(named.href), 'code')).not.toBeNull();
  });

  it('S24: an unknown sign-on sends the browser to the start of the web application, whatever it claims', async () => {
    const answer = await browser.open('/api/auth/oidc/clinic/callback?state=x&error=y&return_path=//evil.example');
    expect(answer.headers.get('location')).toBe(`${FRONTEND}#error=sso-request-invalid`);
  });
});

function without(back: URL, name: string): string {
  back.searchParams.delete(name);
  return back.href;
}

function changed(back: URL, name: string, value: string): string {
  back.searchParams.set(name, value);
  return back.href;
}
