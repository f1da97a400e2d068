// The authenticator app of an account: set-up, recovery codes, removal (bars A15, S67; defect X-auth12).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, createUser, login, type Problem, type TestUser } from '../../support/api.ts';
import {
  addTotp,
  createTotpUser,
  firstStep,
  letCodesPass,
  letProofsAge,
  secondLogin,
  totpCode,
  wrongCode,
} from '../../support/second-factor.ts';
import { sharedTestApp, type TestApp } from '../../support/test-app.ts';

interface MfaState {
  readonly totp: { readonly enabled: boolean; readonly confirmed_at: string | null };
  readonly recovery_codes_remaining: number;
  readonly passkeys: number;
  readonly required: boolean;
}

interface SetUp {
  readonly secret: string;
  readonly otpauth_uri: string;
  readonly qr_code: string;
}

let app: TestApp;

beforeAll(async () => {
  app = await sharedTestApp();
});
afterAll(() => app.close());

const stateOf = async ({ access_token: token }: { access_token: string }): Promise<MfaState> =>
  (await call<MfaState>(app, 'GET /api/auth/mfa', { token })).body;
const setUp = ({ access_token: token }: { access_token: string }) =>
  call<SetUp & Problem>(app, 'POST /api/auth/mfa/totp', { token });
const confirm = ({ access_token: token }: { access_token: string }, code: string) =>
  call<{ recovery_codes: string[] } & Problem>(app, 'POST /api/auth/mfa/totp/confirm', { token, json: { code } });
const remove = ({ access_token: token }: { access_token: string }) =>
  call<Problem>(app, 'DELETE /api/auth/mfa/totp', { token });

/** What the trail says of a user, newest last. */
async function trailOf(user: TestUser): Promise<string[]> {
  const rows = await app.database.read((em) =>
    em.execute<{ action: string; outcome: string }[]>(
      `select action, outcome from audit_events where actor_id = ? and (action like 'mfa.%') order by sequence`,
      [user.id],
    ),
  );
  return rows.map(({ action, outcome }) => `${action} ${outcome}`);
}

async function mailsTo(user: TestUser): Promise<number> {
  const [row] = await app.database.read((em) =>
    em.execute<{ mails: string }[]>(
      "select count(*) as mails from outgoing_mails where user_id = ? and template = 'second-factor-changed'",
      [user.id],
    ),
  );
  return Number(row?.mails);
}

describe('setting up an authenticator app', () => {
  it('A15: gives secret, URI and picture, and asks for it at login only after its first code', async () => {
    const user = await createUser(app);
    const { status, body } = await setUp(user);
    expect(status).toBe(200);
    expect(new URL(body.otpauth_uri).searchParams.get('secret')).toBe(body.secret);
    expect(body.qr_code).toMatch(/^data:image\/png;base64,iVBORw0KGgo/);
    expect(await stateOf(user)).toMatchObject({ totp: { enabled: false, confirmed_at: null }, passkeys: 0 });
    expect(await login(app, user)).toHaveProperty('access_token');
    const confirmed = await confirm(user, totpCode(body.secret));
    expect(confirmed.status).toBe(200);
    expect(new Set(confirmed.body.recovery_codes).size).toBe(10);
    expect(confirmed.body.recovery_codes.every((code) => /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-Z]{4}){5}$/.test(code))).toBe(
      true,
    );
    const state = await stateOf(user);
    expect(state).toMatchObject({ totp: { enabled: true }, recovery_codes_remaining: 10, required: false });
    expect(Number.isNaN(Date.parse(state.totp.confirmed_at ?? ''))).toBe(false);
    expect(await login(app, user)).toMatchObject({ mfa_required: true, mfa_methods: ['totp', 'recovery_code'] });
    expect(await trailOf(user)).toEqual(['mfa.totp-enable success']);
    expect(await mailsTo(user)).toBe(1);
  });

  it('ends every session that a password alone has opened, but the one of the set-up', async () => {
    const user = await createUser(app);
    const elsewhere = await login(app, user);
    await addTotp(app, user.access_token);
    expect((await call(app, 'GET /api/auth/me', { token: elsewhere.access_token })).status).toBe(401);
    expect((await call(app, 'GET /api/auth/me', { token: user.access_token })).status).toBe(200);
    const rows = await app.database.read((em) =>
      em.execute<{ methods: string }[]>('select methods from sessions where user_id = ? and ended_at is null', [
        user.id,
      ]),
    );
    expect(rows).toEqual([{ methods: 'pwd otp mfa' }]);
  });

  it('stores neither secret nor recovery code in the clear', async () => {
    const user = await createTotpUser(app);
    const rows = await app.database.read(async (em) => [
      ...(await em.execute<unknown[]>('select * from totp_factors')),
      ...(await em.execute<unknown[]>('select * from recovery_codes')),
    ]);
    const text = JSON.stringify(rows);
    expect(text).not.toContain(user.secret);
    for (const code of user.recoveryCodes) {
      expect(text).not.toContain(code);
      expect(text).not.toContain(code.replaceAll('-', ''));
    }
  });

  it('refuses a wrong first code with 403, and a first code without a set-up with 409', async () => {
    const user = await createUser(app);
    expect((await confirm(user, '123456')).body).toMatchObject({ status: 409, code: 'no-second-factor' });
    const { secret } = (await setUp(user)).body;
    expect((await confirm(user, wrongCode(secret))).body).toMatchObject({ status: 403, code: 'wrong-second-factor' });
    expect(await stateOf(user)).toMatchObject({ totp: { enabled: false }, recovery_codes_remaining: 0 });
    expect(await trailOf(user)).toEqual(['mfa.totp-enable failure']);
  });

  it('stops who guesses the first code, also when the next guess would be right', async () => {
    const user = await createUser(app);
    const { secret } = (await setUp(user)).body;
    for (let guess = 0; guess < 5; guess += 1) expect((await confirm(user, wrongCode(secret))).status).toBe(403);
    expect((await confirm(user, totpCode(secret))).body).toMatchObject({ status: 429, code: 'rate-limited' });
  });

  it('X-auth12: wants a fresh proof of identity for a set-up, so that nobody swaps a pending secret', async () => {
    const user = await createUser(app);
    const { secret } = (await setUp(user)).body;
    await letProofsAge(app);
    expect((await setUp(user)).body).toMatchObject({ status: 403, code: 'step-up-required' });
    expect((await confirm(user, totpCode(secret))).status).toBe(200);
  });

  it('X-auth12: never replaces a confirmed secret', async () => {
    const user = await createTotpUser(app);
    expect((await setUp(user)).body).toMatchObject({ status: 409, code: 'second-factor-exists' });
    expect((await confirm(user, totpCode(user.secret))).body).toMatchObject({ code: 'second-factor-exists' });
    expect(await secondLogin(app, user)).toHaveProperty('access_token');
  });

  it('replaces a pending secret: only the newest one counts', async () => {
    const user = await createUser(app);
    const first = (await setUp(user)).body.secret;
    const second = (await setUp(user)).body.secret;
    expect(second).not.toBe(first);
    expect((await confirm(user, totpCode(first))).status).toBe(403);
    expect((await confirm(user, totpCode(second))).status).toBe(200);
  });
});

describe('removing an authenticator app', () => {
  it('A15: lets the password alone log in again, forgets the recovery codes, tells the user and the trail', async () => {
    const user = await createTotpUser(app);
    expect((await remove(user)).status).toBe(204);
    expect(await stateOf(user)).toMatchObject({ totp: { enabled: false }, recovery_codes_remaining: 0 });
    expect(await login(app, user)).toHaveProperty('access_token');
    expect((await remove(user)).status).toBe(404);
    expect(await trailOf(user)).toEqual(['mfa.totp-enable success', 'mfa.totp-disable success']);
    expect(await mailsTo(user)).toBe(2);
  });

  it('X-auth12: wants a fresh proof of identity; a recovery code by itself removes nothing', async () => {
    const user = await createTotpUser(app);
    await letProofsAge(app);
    expect((await remove(user)).body).toMatchObject({ status: 403, code: 'step-up-required' });
    const stepUp = await call<Problem>(app, 'POST /api/auth/step-up', {
      token: user.access_token,
      json: { code: user.recoveryCodes[0] },
    });
    expect(stepUp.body).toMatchObject({ status: 422, errors: [{ pointer: '/password' }] });
    expect((await remove(user)).status).toBe(403);
    expect(await stateOf(user)).toMatchObject({ totp: { enabled: true }, recovery_codes_remaining: 10 });
  });
});

describe('recovery codes', () => {
  it('A15: replace the app once each, in any spelling', async () => {
    const user = await createTotpUser(app);
    const [first = '', second = ''] = user.recoveryCodes;
    const answer = async (code: string) =>
      call<Problem>(app, 'POST /api/auth/mfa/challenge', {
        json: { mfa_token: (await firstStep(app, user)).mfa_token, code },
      });
    expect((await answer(first.toLowerCase().replaceAll('-', ' '))).status).toBe(200);
    expect((await answer(first)).body).toMatchObject({ status: 401, code: 'invalid-second-factor' });
    expect((await answer(second.replaceAll('-', '').replaceAll('0', 'o').replaceAll('1', 'l'))).status).toBe(200);
    expect(await stateOf(user)).toMatchObject({ recovery_codes_remaining: 8 });
    expect(await mailsTo(user)).toBe(3);
  });

  it('are all replaced by new ones on demand', async () => {
    const user = await createTotpUser(app);
    const renewed = await call<{ recovery_codes: string[] }>(app, 'POST /api/auth/mfa/recovery-codes', {
      token: user.access_token,
    });
    expect(renewed.body.recovery_codes).toHaveLength(10);
    expect(renewed.body.recovery_codes.filter((code) => user.recoveryCodes.includes(code))).toEqual([]);
    const { mfa_token } = await firstStep(app, user);
    const old = await call<Problem>(app, 'POST /api/auth/mfa/challenge', {
      json: { mfa_token, code: user.recoveryCodes[0] },
    });
    expect(old.body.code).toBe('invalid-second-factor');
    const fresh = await call(app, 'POST /api/auth/mfa/challenge', {
      json: { mfa_token, code: renewed.body.recovery_codes[0] },
    });
    expect(fresh.status).toBe(200);
  });

  it('are not given to an account without a second factor', async () => {
    const user = await createUser(app);
    const answer = await call<Problem>(app, 'POST /api/auth/mfa/recovery-codes', { token: user.access_token });
    expect(answer.body).toMatchObject({ status: 409, code: 'no-second-factor' });
  });

  it('of one user are worth nothing to another', async () => {
    const [user, other] = [await createTotpUser(app), await createTotpUser(app)];
    const { mfa_token } = await firstStep(app, user);
    const json = { mfa_token, code: other.recoveryCodes[0] };
    expect((await call<Problem>(app, 'POST /api/auth/mfa/challenge', { json })).body.code).toBe(
      'invalid-second-factor',
    );
    await letCodesPass(app);
    expect(await stateOf(other)).toMatchObject({ recovery_codes_remaining: 10 });
  });
});
