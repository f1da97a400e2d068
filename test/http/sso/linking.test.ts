// Whose account an identity is: known, linked, new, or refused (bars S25, S40; X-auth5; features 24 and 26).
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PasswordChanges } from '../../../src/auth/password/password-changes.ts';
import { User } from '../../../src/users/user.entity.ts';
import { call, createUser, login, PASSWORD, type Answer, type TestUser, type Tokens } from '../../support/api.ts';
import { ScriptedProvider, type Person, type ScriptedIssuer } from '../../support/scripted-provider.ts';
import { landed, SsoBrowser } from '../../support/sso-browser.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

type Body = Tokens & {
  code?: string;
  identities?: { id: string; provider: string; email: string }[];
  login_url?: string;
};

let provider: ScriptedProvider;
let issuer: ScriptedIssuer;
let app: TestApp;

beforeAll(async () => {
  provider = await ScriptedProvider.start();
  issuer = provider.issuer('clinic');
  app = await startTestApp({
    env: {
      ...provider.environment(['clinic', 'other', 'staff']),
      OIDC_STAFF_ADMIN_GROUPS: 'va-admins',
      FRONTEND_URL: 'https://app.clinic.example',
    },
  });
});
afterAll(async () => {
  await app.close();
  await provider.stop();
});
beforeEach(() => {
  for (const name of ['clinic', 'other', 'staff']) provider.issuer(name).script = {};
});

const api = (route: string, token?: string, json?: unknown) => call<Body>(app, route, { token, json });
const execute = <Row extends object>(sql: string, values: unknown[] = []) =>
  app.database.read((em) => em.execute<Row[]>(sql, values));

/** A sign-on of a person, up to the answer of the callback. */
async function signOn(name: string, person: Person): Promise<Answer> {
  provider.issuer(name).person = person;
  return new SsoBrowser(app).signOn(name, provider.issuer(name));
}

async function tokensOf(answer: Answer): Promise<Answer<Body>> {
  return api('POST /api/auth/oidc/exchange', undefined, { code: landed(answer, 'code') });
}

async function whoIs(answer: Answer): Promise<Record<string, unknown>> {
  const { body } = await tokensOf(answer);
  return (await call(app, 'GET /api/auth/me', { token: body.access_token })).body;
}

const verify = (user: TestUser) => execute('update users set email_verified_at = now() where id = ?', [user.id]);
const identitiesOf = (user: TestUser) =>
  execute<{ subject: string; provider: string }>('select subject, provider from identities where user_id = ?', [
    user.id,
  ]);

describe('an unknown identity whose address has an account', () => {
  it('S25: is not linked when the provider has not verified the address, or does not say so as it must', async () => {
    const user = await createUser(app);
    await verify(user);
    for (const [index, email_verified] of [false, undefined, 'true', 1, null, { $ne: false }].entries()) {
      const answer = await signOn('clinic', {
        sub: `attacker-${index}`,
        email: user.email,
        email_verified,
      });
      expect([landed(answer, 'error'), landed(answer, 'code')]).toEqual(['account-link-required', null]);
    }
    expect(await identitiesOf(user)).toEqual([]);
  });

  it('S25: X-auth5: is not linked when nobody has verified the address here', async () => {
    const squatter = await createUser(app);
    const answer = await signOn('clinic', { sub: 'owner', email: squatter.email, email_verified: true });
    expect(landed(answer, 'error')).toBe('account-link-required');
    expect(await identitiesOf(squatter)).toEqual([]);
  });

  it('is linked when both sides have verified it, in whatever spelling, and its owner is told by mail', async () => {
    const user = await createUser(app);
    await verify(user);
    const person = { sub: 'both', email: user.email.toUpperCase(), email_verified: true };
    expect(await whoIs(await signOn('clinic', person))).toMatchObject({ id: user.id, full_name: 'Test Person' });
    expect(await identitiesOf(user)).toEqual([{ subject: 'both', provider: 'clinic' }]);
    const mails = await execute('select 1 from outgoing_mails where user_id = ? and template = ?', [
      user.id,
      'identity-linked',
    ]);
    expect(mails).toHaveLength(1);
  });

  it('is linked by the password of the account, which logs in', async () => {
    const user = await createUser(app);
    const token = landed(await signOn('clinic', { sub: 'by-password', email: user.email }), 'link_token');
    const wrong = await api('POST /api/auth/oidc/link', undefined, { link_token: token, password: 'not the password' });
    expect([wrong.status, wrong.body.code]).toEqual([401, 'invalid-credentials']);
    expect(await identitiesOf(user)).toEqual([]);
    const right = await api('POST /api/auth/oidc/link', undefined, { link_token: token, password: PASSWORD });
    expect(right.status).toBe(200);
    expect(await identitiesOf(user)).toEqual([{ subject: 'by-password', provider: 'clinic' }]);
    const again = await api('POST /api/auth/oidc/link', undefined, { link_token: token, password: PASSWORD });
    expect(again.body.code).toBe('invalid-sso-code');
    expect((await whoIs(await signOn('clinic', { sub: 'by-password', email: user.email })))['id']).toBe(user.id);
  });

  it('its link token gives up after five wrong passwords', async () => {
    const user = await createUser(app);
    const token = landed(await signOn('clinic', { sub: 'guesser', email: user.email }), 'link_token');
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await api('POST /api/auth/oidc/link', undefined, { link_token: token, password: 'a guess of a password' });
    }
    const late = await api('POST /api/auth/oidc/link', undefined, { link_token: token, password: PASSWORD });
    expect(late.body.code).toBe('invalid-sso-code');
  });

  it('a password alone links nothing to an account with a second factor', async () => {
    const user = await createUser(app);
    await execute("insert into totp_factors (user_id, sealed_secret, confirmed_at) values (?, 'x', now())", [user.id]);
    const token = landed(await signOn('clinic', { sub: 'half', email: user.email }), 'link_token');
    const answer = await api('POST /api/auth/oidc/link', undefined, { link_token: token, password: PASSWORD });
    expect([answer.status, answer.body.code]).toEqual([409, 'account-link-required']);
    expect(await identitiesOf(user)).toEqual([]);
  });

  it('S18: is refused when the account is deactivated', async () => {
    const user = await createUser(app);
    await verify(user);
    await execute('update users set is_active = false where id = ?', [user.id]);
    const answer = await signOn('clinic', { sub: 'dead', email: user.email, email_verified: true });
    expect(landed(answer, 'error')).toBe('sso-account-refused');
  });
});

describe('an unknown identity without an account', () => {
  it('S25: two providers with the same sub are two people', async () => {
    const first = await whoIs(await signOn('clinic', { sub: '1', email: 'one@clinic.example', email_verified: true }));
    const second = await whoIs(await signOn('other', { sub: '1', email: 'two@clinic.example', email_verified: true }));
    expect([first['email'], second['email']]).toEqual(['one@clinic.example', 'two@clinic.example']);
    const again = await whoIs(await signOn('other', { sub: '1', email: 'one@clinic.example', email_verified: true }));
    expect(again['id']).toBe(second['id']);
  });

  it('opens an account whose address is verified only where the provider has verified it', async () => {
    await signOn('clinic', { sub: 'v1', email: 'verified@clinic.example', email_verified: true });
    await signOn('clinic', { sub: 'v2', email: 'claimed@clinic.example' });
    const rows = await execute<{ email: string; is_verified: boolean; has_password: boolean }>(
      `select email, email_verified_at is not null as is_verified, hashed_password is not null as has_password
       from users where email in ('verified@clinic.example', 'claimed@clinic.example') order by email`,
    );
    expect(rows).toEqual([
      { email: 'claimed@clinic.example', is_verified: false, has_password: false },
      { email: 'verified@clinic.example', is_verified: true, has_password: false },
    ]);
  });

  it.each([undefined, '', 'no-address', 'a@b', `${'x'.repeat(300)}@clinic.example`, 'a\n@clinic.example'])(
    'needs an address: %j is none',
    async (email) => {
      const answer = await signOn('clinic', {
        sub: `nameless-${String(email)}`.slice(0, 40).replace(/\s/g, ''),
        ...(email !== undefined && { email }),
      });
      expect(landed(answer, 'error')).toBe('sso-email-required');
    },
  );

  it('ten logins of one new identity at the same time open one account', async () => {
    issuer.person = { sub: 'crowd', email: 'crowd@clinic.example', email_verified: true };
    const answers = await Promise.all(Array.from({ length: 10 }, () => new SsoBrowser(app).signOn('clinic', issuer)));
    expect(answers.map((answer) => landed(answer, 'error'))).toEqual(answers.map(() => null));
    expect(await execute("select 1 from users where email = 'crowd@clinic.example'")).toHaveLength(1);
  });

  it('takes a name without control characters and no longer than it may be', async () => {
    const name = `Ana\u0000\r\n\u0007 ${'x'.repeat(400)}`;
    const me = await whoIs(await signOn('clinic', { sub: 'odd', email: 'odd@clinic.example', name }));
    expect(me['full_name']).toMatch(/^Ana x{249,252}$/);
  });
});

describe('an account that somebody opened through a provider under an address that is not his', () => {
  it.each([
    [false, 0],
    [true, 1],
  ])(
    'X-auth5: loses that identity when the owner of the address resets its password (verified before: %s)',
    async (isVerified, left) => {
      const email = `squatted-${String(isVerified)}@clinic.example`;
      await signOn('clinic', { sub: `squatter-${String(isVerified)}`, email, email_verified: isVerified });
      await app.database.transaction(async (em) => {
        const user = await em.findOneOrFail(User, { email });
        await app.app.get(PasswordChanges, { strict: false }).reset(em, user, 'a hash');
      });
      const identities = await execute("select 1 from identities where subject like 'squatter-' || ?", [
        String(isVerified),
      ]);
      expect(identities).toHaveLength(left);
    },
  );
});

describe('linking while logged in', () => {
  /** The whole way, with the browser of whoever opens the login URL. */
  async function link(user: Tokens, person: Person, browser = new SsoBrowser(app)): Promise<string | null> {
    const begun = await api('POST /api/auth/oidc/clinic/link', user.access_token, { return_path: '/settings' });
    const there = await browser.open(begun.body.login_url ?? '');
    issuer.person = person;
    return landed(await browser.open(issuer.logIn(there.headers.get('location') ?? '').href), 'link_code');
  }

  it('gives the identity to the session that began it, and it logs in from then on', async () => {
    const user = await createUser(app);
    const code = await link(user, { sub: 'mine', email: 'elsewhere@clinic.example' });
    const added = await api('POST /api/auth/identities', user.access_token, { code });
    expect([added.status, added.body]).toMatchObject([201, { provider: 'clinic', email: 'elsewhere@clinic.example' }]);
    expect((await whoIs(await signOn('clinic', { sub: 'mine' })))['id']).toBe(user.id);
  });

  it("X-auth4: a victim who is sent through the provider does not end in the attacker's account", async () => {
    const [attacker, victim] = [await createUser(app), await createUser(app)];
    const code = await link(attacker, { sub: 'victims-own' });
    const taken = await api('POST /api/auth/identities', victim.access_token, { code });
    expect([taken.status, taken.body.code]).toEqual([403, 'invalid-link-code']);
    expect(await execute("select 1 from identities where subject = 'victims-own'")).toEqual([]);
  });

  it('a code of a link is no login, and a code of a login is no link', async () => {
    const user = await createUser(app);
    const code = await link(user, { sub: 'confused' });
    expect((await api('POST /api/auth/oidc/exchange', undefined, { code })).body.code).toBe('invalid-sso-code');
    const loginCode = landed(await signOn('clinic', { sub: 'confused2', email: 'confused@clinic.example' }), 'code');
    const answer = await api('POST /api/auth/identities', user.access_token, { code: loginCode });
    expect(answer.body.code).toBe('invalid-link-code');
  });

  it('another session of the same user cannot finish it', async () => {
    const user = await createUser(app);
    const code = await link(user, { sub: 'other-session' });
    const other = await login(app, user);
    expect((await api('POST /api/auth/identities', other.access_token, { code })).body.code).toBe('invalid-link-code');
  });

  it("somebody else's identity stays where it is", async () => {
    await signOn('clinic', { sub: 'taken', email: 'taken@clinic.example' });
    const user = await createUser(app);
    const begun = await api('POST /api/auth/oidc/clinic/link', user.access_token, {});
    const browser = new SsoBrowser(app);
    const there = await browser.open(begun.body.login_url ?? '');
    const back = await browser.open(issuer.logIn(there.headers.get('location') ?? '', { sub: 'taken' }).href);
    expect(landed(back, 'error')).toBe('identity-taken');
    expect(await identitiesOf(user)).toEqual([]);
  });

  it('begins only for a fresh proof of identity, and its login URL is good once', async () => {
    const user = await createUser(app);
    const begun = await api('POST /api/auth/oidc/clinic/link', user.access_token, {});
    const browser = new SsoBrowser(app);
    expect((await browser.open(begun.body.login_url ?? '')).status).toBe(302);
    expect((await browser.open(begun.body.login_url ?? '')).status).toBe(401);
    await execute("update sessions set authenticated_at = now() - interval '1 day' where user_id = ?", [user.id]);
    const stale = await api('POST /api/auth/oidc/clinic/link', user.access_token, {});
    expect([stale.status, stale.body.code]).toEqual([403, 'step-up-required']);
  });
});

describe('DELETE /api/auth/identities/{id}', () => {
  it('unlinks, ends the sessions that it opened, and tells the owner', async () => {
    const user = await createUser(app);
    await verify(user);
    const opened = await tokensOf(await signOn('clinic', { sub: 'leaving', email: user.email, email_verified: true }));
    const list = await api('GET /api/auth/identities', user.access_token);
    const id = list.body.identities?.[0]?.id ?? '';
    expect((await api(`DELETE /api/auth/identities/${id}`, user.access_token)).status).toBe(204);
    expect((await api('GET /api/auth/me', opened.body.access_token)).status).toBe(401);
    expect((await api('GET /api/auth/me', user.access_token)).status).toBe(200);
    expect((await api('GET /api/auth/identities', user.access_token)).body.identities).toEqual([]);
    expect(landed(await signOn('clinic', { sub: 'leaving', email: user.email }), 'error')).toBe(
      'account-link-required',
    );
  });

  it("keeps the last way to log in, and answers 404 to somebody else's identity", async () => {
    const { body } = await tokensOf(await signOn('clinic', { sub: 'only', email: 'only@clinic.example' }));
    const list = await api('GET /api/auth/identities', body.access_token);
    const id = list.body.identities?.[0]?.id ?? '';
    const last = await api(`DELETE /api/auth/identities/${id}`, body.access_token);
    expect([last.status, last.body.code]).toEqual([409, 'last-login-method']);
    const stranger = await createUser(app);
    expect((await api(`DELETE /api/auth/identities/${id}`, stranger.access_token)).status).toBe(404);
    expect(await execute('select 1 from identities where id = ?', [id])).toHaveLength(1);
  });
});

describe('groups', () => {
  const staff = (groups?: readonly string[]) =>
    signOn('staff', { sub: 'chief', email: 'chief@clinic.example', ...(groups !== undefined && { groups }) });
  const roleOf = async (answer: Answer): Promise<unknown> => (await whoIs(answer))['role'];

  it('give the role of an administrator and take it back, ending the sessions of before', async () => {
    expect(await roleOf(await staff(['nurses']))).toBe('user');
    const admin = await tokensOf(await staff(['nurses', 'va-admins']));
    expect((await api('GET /api/users', admin.body.access_token)).status).toBe(200);
    expect(await roleOf(await staff())).toBe('admin');
    expect(await roleOf(await staff([]))).toBe('user');
    expect((await api('GET /api/auth/me', admin.body.access_token)).status).toBe(401);
  });

  it('never take the role from an administrator who was made here (feature 26)', async () => {
    const admin = await createUser(app, { isAdmin: true });
    await verify(admin);
    const person = { sub: 'local-admin', email: admin.email, email_verified: true, groups: [] };
    expect(await roleOf(await signOn('staff', person))).toBe('admin');
  });

  it('mean nothing where no group is configured', async () => {
    const person = { sub: 'g', email: 'g@clinic.example', groups: ['va-admins', 'admin'] };
    expect(await roleOf(await signOn('clinic', person))).toBe('user');
  });
});
