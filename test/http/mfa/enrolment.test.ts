// Who must have a second factor sets it up at login (MFA_REQUIRED; bar A15).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, PASSWORD, type Problem, type TestUser, type Tokens } from '../../support/api.ts';
import {
  firstStep,
  letProofsAge,
  secondLogin,
  letCodesPass,
  totpCode,
  wrongCode,
} from '../../support/second-factor.ts';
import { addPasskey } from '../../support/passkey.ts';
import { SoftAuthenticator } from '../../support/soft-authenticator.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

interface Enrolled extends Tokens {
  readonly recovery_codes: readonly string[];
}

let app: TestApp;
let count = 0;

beforeAll(async () => {
  app = await startTestApp({ env: { MFA_REQUIRED: 'admins' } });
});
afterAll(() => app.close());

/** An account that has never logged in. */
async function register({ isAdmin = true } = {}): Promise<TestUser> {
  count += 1;
  const email = `person-${count}@clinic.example`;
  const { body } = await call<{ id: string }>(app, 'POST /api/auth/register', {
    json: { email, password: PASSWORD, full_name: 'Test Person' },
  });
  await app.database.read((em) => em.execute('update users set is_admin = ? where id = ?', [isAdmin, body.id]));
  const none = { access_token: '', refresh_token: '', token_type: '', expires_in: 0, refresh_expires_in: 0 };
  return { ...none, id: body.id, email, password: PASSWORD };
}

const begin = (mfa_token: string) =>
  call<{ secret: string } & Problem>(app, 'POST /api/auth/mfa/enrolment', { json: { mfa_token } });
const confirm = (mfa_token: string, code: string) =>
  call<Enrolled & Problem>(app, 'POST /api/auth/mfa/enrolment/confirm', { json: { mfa_token, code } });

describe('a login of somebody who must have a second factor and has none', () => {
  it('A15: gives no token of a session until the factor is set up, then tokens and recovery codes', async () => {
    const user = await register();
    const pending = await firstStep(app, user);
    expect(Object.keys(pending).toSorted()).toEqual(['expires_in', 'mfa_enrolment_required', 'mfa_token', 'outcome']);
    expect((await confirm(pending.mfa_token, '123456')).body).toMatchObject({ code: 'no-second-factor' });
    const { secret } = (await begin(pending.mfa_token)).body;
    expect((await confirm(pending.mfa_token, wrongCode(secret))).body).toMatchObject({
      status: 401,
      code: 'invalid-second-factor',
    });
    const enrolled = await confirm(pending.mfa_token, totpCode(secret));
    expect(enrolled.status).toBe(200);
    expect(enrolled.body.recovery_codes).toHaveLength(10);
    expect((await call(app, 'GET /api/auth/me', { token: enrolled.body.access_token })).body['id']).toBe(user.id);
    expect((await confirm(pending.mfa_token, totpCode(secret))).body.code).toBe('invalid-mfa-token');
    expect(await firstStep(app, user)).toMatchObject({ mfa_required: true });
  });

  it('is asked for of those that the rule names only', async () => {
    expect(await firstStep(app, await register({ isAdmin: false }))).toHaveProperty('access_token');
  });

  it('does not take an enrolment token for a challenge, or a challenge token for an enrolment', async () => {
    const user = await register();
    const { mfa_token } = await firstStep(app, user);
    const asChallenge = { json: { mfa_token, code: '123456' } };
    expect((await call<Problem>(app, 'POST /api/auth/mfa/challenge', asChallenge)).body.code).toBe('invalid-mfa-token');
    const { secret } = (await begin(mfa_token)).body;
    expect((await confirm(mfa_token, totpCode(secret))).status).toBe(200);
    const challenge = await firstStep(app, user);
    expect((await begin(challenge.mfa_token)).body).toMatchObject({ status: 401, code: 'invalid-mfa-token' });
  });

  it('does not let an older token walk around a factor that was set up meanwhile', async () => {
    const user = await register();
    const [older, newer] = [await firstStep(app, user), await firstStep(app, user)];
    const { secret } = (await begin(newer.mfa_token)).body;
    expect((await confirm(newer.mfa_token, totpCode(secret))).status).toBe(200);
    await letCodesPass(app);
    expect((await begin(older.mfa_token)).body).toMatchObject({ status: 409, code: 'second-factor-exists' });
    expect((await confirm(older.mfa_token, totpCode(secret))).body.code).toBe('second-factor-exists');
  });

  it('does not let an older token walk around a passkey that was added meanwhile', async () => {
    const user = await register({ isAdmin: false });
    const session = (await firstStep(app, user)) as unknown as Tokens;
    await app.database.read((em) => em.execute('update users set is_admin = true where id = ?', [user.id]));
    const { mfa_token } = await firstStep(app, user);
    expect((await addPasskey(app, session, new SoftAuthenticator())).status).toBe(201);
    expect((await begin(mfa_token)).body).toMatchObject({ status: 409, code: 'second-factor-exists' });
    expect((await confirm(mfa_token, '123456')).body.code).toBe('second-factor-exists');
  });

  it('ends sessions from before the rule, and keeps the last factor from being removed', async () => {
    const user = await register({ isAdmin: false });
    const before = (await firstStep(app, user)) as unknown as Tokens;
    await app.database.read((em) => em.execute('update users set is_admin = true where id = ?', [user.id]));
    const { mfa_token } = await firstStep(app, user);
    const { secret } = (await begin(mfa_token)).body;
    const { body } = await confirm(mfa_token, totpCode(secret));
    expect((await call(app, 'GET /api/auth/me', { token: before.access_token })).status).toBe(401);
    const token = body.access_token;
    const removal = await call<Problem>(app, 'DELETE /api/auth/mfa/totp', { token });
    expect(removal.body).toMatchObject({ status: 409, code: 'second-factor-required' });
    expect((await call(app, 'GET /api/auth/mfa', { token })).body).toMatchObject({
      totp: { enabled: true },
      recovery_codes_remaining: 10,
      required: true,
    });
    await letCodesPass(app);
    await letProofsAge(app);
    const again = await secondLogin(app, { ...user, secret, recoveryCodes: [] });
    expect(again).toHaveProperty('access_token');
  });
});
