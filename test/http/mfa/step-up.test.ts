// A fresh proof of identity before dangerous changes (seed row P4).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, createUser, login, type Problem, type Tokens } from '../../support/api.ts';
import { askFor, createPasskeyUser } from '../../support/passkey.ts';
import {
  createTotpUser,
  letCodesPass,
  letProofsAge,
  secondLogin,
  totpCode,
  wrongCode,
} from '../../support/second-factor.ts';
import { sharedTestApp, type TestApp } from '../../support/test-app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await sharedTestApp();
});
afterAll(() => app.close());

type WithToken = Pick<Tokens, 'access_token'>;

const stepUp = ({ access_token: token }: WithToken, json: object) =>
  call<{ expires_in: number } & Problem>(app, 'POST /api/auth/step-up', { token, json });
/** A dangerous change that leaves the account as it was. */
const isOpen = async ({ access_token: token }: WithToken): Promise<boolean> => {
  const { body } = await call<Problem>(app, 'POST /api/auth/mfa/recovery-codes', { token });
  return body.code !== 'step-up-required';
};

async function trailOf(userId: string): Promise<string[]> {
  const rows = await app.database.read((em) =>
    em.execute<{ outcome: string; details: Record<string, string> }[]>(
      "select outcome, details from audit_events where actor_id = ? and action = 'session.step-up' order by sequence",
      [userId],
    ),
  );
  return rows.map(({ outcome, details }) => [outcome, ...Object.values(details)].join(' '));
}

describe('POST /api/auth/step-up', () => {
  it('P4: opens dangerous changes by the password where there is no second factor, to this session alone', async () => {
    const user = await createUser(app);
    const elsewhere = await login(app, user);
    expect(await isOpen(user)).toBe(true);
    await letProofsAge(app);
    expect([await isOpen(user), await isOpen(elsewhere)]).toEqual([false, false]);
    const answer = await stepUp(user, { password: user.password });
    expect([answer.status, answer.body.expires_in]).toEqual([200, 600]);
    expect([await isOpen(user), await isOpen(elsewhere)]).toEqual([true, false]);
    expect(await trailOf(user.id)).toEqual(['success password']);
  });

  it('P4: closes them again after STEP_UP_MINUTES, and not before', async () => {
    const user = await createUser(app);
    const age = (text: string) =>
      app.database.read((em) =>
        em.execute('update sessions set authenticated_at = now() - ?::interval where user_id = ?', [text, user.id]),
      );
    await age('8 minutes');
    expect(await isOpen(user)).toBe(true);
    await age('10 minutes 2 seconds');
    expect(await isOpen(user)).toBe(false);
  });

  it('P4: refuses a wrong password with 403, names what is missing, and opens nothing', async () => {
    const user = await createUser(app);
    await letProofsAge(app);
    expect((await stepUp(user, { password: 'wrong' })).body).toMatchObject({ status: 403, code: 'wrong-password' });
    for (const json of [{}, { password: null }, { code: '123456' }, { response: null }]) {
      expect((await stepUp(user, json)).body).toMatchObject({ status: 422, errors: [{ pointer: '/password' }] });
    }
    expect(await isOpen(user)).toBe(false);
    expect(await trailOf(user.id)).toEqual(['failure wrong-password']);
  });

  it('P4: asks for password and code where there is a second factor; each code is good once', async () => {
    const user = await createTotpUser(app);
    await letProofsAge(app);
    const { password } = user;
    expect((await stepUp(user, { password })).body).toMatchObject({ status: 422, errors: [{ pointer: '/code' }] });
    expect((await stepUp(user, { code: totpCode(user.secret) })).body).toMatchObject({
      status: 422,
      errors: [{ pointer: '/password' }],
    });
    expect((await stepUp(user, { password, code: wrongCode(user.secret) })).body).toMatchObject({
      status: 403,
      code: 'wrong-second-factor',
    });
    expect((await stepUp(user, { password: 'wrong', code: totpCode(user.secret) })).body.code).toBe('wrong-password');
    expect(await isOpen(user)).toBe(false);
    const code = totpCode(user.secret);
    expect((await stepUp(user, { password, code })).status).toBe(200);
    expect(await isOpen(user)).toBe(true);
    expect((await stepUp(user, { password, code })).body.code).toBe('wrong-second-factor');
  });

  it('P4: counts wrong codes of a session, and lets no right one in after too many; logins are counted apart', async () => {
    const user = await createTotpUser(app);
    const json = { password: user.password, code: wrongCode(user.secret) };
    for (let guess = 0; guess < 5; guess += 1) expect((await stepUp(user, json)).status).toBe(403);
    const blocked = await stepUp(user, { ...json, code: totpCode(user.secret) });
    expect([blocked.status, blocked.body.code]).toEqual([429, 'rate-limited']);
    await letCodesPass(app);
    expect(await secondLogin(app, user)).toHaveProperty('access_token');
  });

  it('P4: takes a passkey alone, if it verified its user and answers a question of this session', async () => {
    const user = await createPasskeyUser(app);
    const elsewhere = await loginTwice(user);
    await letProofsAge(app);
    const ask = ({ access_token: token }: WithToken) =>
      askFor(app, 'POST /api/auth/step-up/passkey-options', { token });
    const prove = async (session: WithToken, asked: Awaited<ReturnType<typeof ask>>, isUserVerified = true) =>
      stepUp(session, {
        authentication_token: asked.authentication_token,
        response: user.authenticator.assert(asked.options, { isUserVerified }),
      });
    expect((await prove(user, await ask(user), false)).body).toMatchObject({ code: 'wrong-second-factor' });
    expect((await prove(user, await ask(elsewhere))).body).toMatchObject({ code: 'wrong-second-factor' });
    const { response } = { response: user.authenticator.assert((await ask(user)).options) };
    expect((await stepUp(user, { response })).body).toMatchObject({ errors: [{ pointer: '/authentication_token' }] });
    expect([await isOpen(user), await isOpen(elsewhere)]).toEqual([false, false]);
    expect((await prove(user, await ask(user))).status).toBe(200);
    expect([await isOpen(user), await isOpen(elsewhere)]).toEqual([true, false]);
  });

  /** A second session of somebody with a passkey. */
  async function loginTwice(user: Awaited<ReturnType<typeof createPasskeyUser>>): Promise<Tokens> {
    const { options, authentication_token } = await askFor(app, 'POST /api/auth/passkeys/login-options');
    const json = { authentication_token, response: user.authenticator.assert(options) };
    return (await call<Tokens>(app, 'POST /api/auth/passkeys/login', { json })).body;
  }

  it('P4: asks for the code alone where there is no password, and for another login where there is neither', async () => {
    const [withCode, without] = [await createTotpUser(app), await createUser(app)];
    for (const { id } of [withCode, without]) {
      await app.database.read((em) => em.execute('update users set hashed_password = null where id = ?', [id]));
    }
    await letProofsAge(app);
    expect((await stepUp(withCode, { code: totpCode(withCode.secret) })).status).toBe(200);
    const refused = await stepUp(without, { password: without.password, code: '123456' });
    expect(refused.body).toMatchObject({ status: 403, code: 'step-up-required' });
    expect(refused.body.detail).toContain('identity provider');
  });

  it('has no question for an account without a passkey', async () => {
    const user = await createUser(app);
    const answer = await call<Problem>(app, 'POST /api/auth/step-up/passkey-options', { token: user.access_token });
    expect(answer.body).toMatchObject({ status: 409, code: 'no-second-factor' });
  });

  it('a login counts as a proof', async () => {
    const user = await createUser(app);
    await letProofsAge(app);
    expect(await isOpen(await login(app, user))).toBe(true);
  });
});
