// The second step of a login (bars A15, S67; defects X-auth1, X-auth12).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, createUser, type Problem, type TestUser, type Tokens } from '../../support/api.ts';
import {
  createTotpUser,
  firstStep,
  letCodesPass,
  secondLogin,
  totpCode,
  wrongCode,
  type TotpUser,
} from '../../support/second-factor.ts';
import { sharedTestApp, type TestApp } from '../../support/test-app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await sharedTestApp();
});
afterAll(() => app.close());

const challenge = (mfa_token: unknown, code: unknown) =>
  call<Tokens & Problem>(app, 'POST /api/auth/mfa/challenge', { json: { mfa_token, code } });

async function trailOf(user: TestUser): Promise<string[]> {
  const rows = await app.database.read((em) =>
    em.execute<{ action: string; outcome: string }[]>(
      `select action, outcome from audit_events where target_id = ? and action in ('mfa.challenge', 'mfa.throttled')
       order by sequence`,
      [user.id],
    ),
  );
  return rows.map(({ action, outcome }) => `${action} ${outcome}`);
}

describe('POST /api/auth/mfa/challenge', () => {
  it('A15: opens the session that the password alone did not, and says how', async () => {
    const user = await createTotpUser(app);
    const pending = await firstStep(app, user);
    expect(Object.keys(pending).toSorted()).toEqual([
      'expires_in',
      'mfa_methods',
      'mfa_required',
      'mfa_token',
      'outcome',
    ]);
    const answer = await challenge(pending.mfa_token, totpCode(user.secret));
    expect(answer.status).toBe(200);
    expect((await call(app, 'GET /api/auth/me', { token: answer.body.access_token })).body['id']).toBe(user.id);
    const rows = await app.database.read((em) =>
      em.execute<{ methods: string }[]>('select methods from sessions where user_id = ? order by created_at desc', [
        user.id,
      ]),
    );
    expect(rows[0]).toEqual({ methods: 'pwd otp mfa' });
    expect(await trailOf(user)).toEqual(['mfa.challenge success']);
  });

  it('S67 X-auth12: takes a code once, also with another token, and no code of an earlier step after it', async () => {
    const user = await createTotpUser(app);
    const [first, second] = [await firstStep(app, user), await firstStep(app, user)];
    const now = Date.now();
    const code = totpCode(user.secret, now);
    expect((await challenge(first.mfa_token, code)).status).toBe(200);
    expect((await challenge(second.mfa_token, code)).body).toMatchObject({
      status: 401,
      code: 'invalid-second-factor',
    });
    const earlier = totpCode(user.secret, now - 30_000);
    expect((await challenge(second.mfa_token, earlier)).body.code).toBe('invalid-second-factor');
  });

  it('S67: takes a code once of many that come at the same time', async () => {
    const user = await createTotpUser(app);
    const tokens = await Promise.all([1, 2, 3, 4].map(() => firstStep(app, user)));
    const code = totpCode(user.secret);
    const answers = await Promise.all(tokens.map(({ mfa_token }) => challenge(mfa_token, code)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401, 401, 401]);
  });

  it('S67: after five wrong codes the token is worth nothing, and the account takes none for a while', async () => {
    const user = await createTotpUser(app);
    const { mfa_token } = await firstStep(app, user);
    for (let guess = 0; guess < 5; guess += 1) {
      expect((await challenge(mfa_token, wrongCode(user.secret))).body.code).toBe('invalid-second-factor');
    }
    expect((await challenge(mfa_token, totpCode(user.secret))).body).toMatchObject({
      status: 401,
      code: 'invalid-mfa-token',
    });
    const next = await firstStep(app, user);
    for (const code of [wrongCode(user.secret), totpCode(user.secret), user.recoveryCodes[0]]) {
      const blocked = await challenge(next.mfa_token, code);
      expect([blocked.status, blocked.body.code]).toEqual([429, 'rate-limited']);
      expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(Number(blocked.headers.get('retry-after'))).toBeLessThanOrEqual(15 * 60);
    }
    expect(await trailOf(user)).toEqual([...Array<string>(5).fill('mfa.challenge failure'), 'mfa.throttled denied']);
    const other = await createTotpUser(app);
    expect(await secondLogin(app, other)).toHaveProperty('access_token');
  });

  it('S67: lets no more guesses through when they come at the same time', async () => {
    const user = await createTotpUser(app);
    const tokens = await Promise.all([1, 2, 3].map(() => firstStep(app, user)));
    const wrong = wrongCode(user.secret);
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => challenge(tokens[index % 3]!.mfa_token, wrong)),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(7);
  });

  it('does not count right codes as wrong ones', async () => {
    const user = await createTotpUser(app);
    for (let round = 0; round < 6; round += 1) {
      expect(await secondLogin(app, user)).toHaveProperty('access_token');
      await letCodesPass(app);
    }
  });

  it('X-auth1: takes nothing in place of the token: no user id, no token of another kind or login', async () => {
    const [user, other] = [await createTotpUser(app), await createTotpUser(app)];
    const withId = await call<Problem>(app, 'POST /api/auth/mfa/challenge', {
      json: { user_id: user.id, code: totpCode(user.secret) },
    });
    expect(withId.body).toMatchObject({ status: 422, code: 'validation-failed' });
    const theirs = await firstStep(app, other);
    const { authentication_token } = (
      await call<{ authentication_token: string }>(app, 'POST /api/auth/passkeys/login-options')
    ).body;
    const made = `ot_${'A'.repeat(43)}`;
    const code = totpCode(user.secret);
    for (const token of [user.id, user.access_token.slice(0, 64), made, authentication_token]) {
      expect((await challenge(token, code)).body).toMatchObject({ status: 401, code: 'invalid-mfa-token' });
    }
    expect((await challenge(theirs.mfa_token, code)).body.code).toBe('invalid-second-factor');
    expect((await call(app, 'GET /api/auth/me', { token: theirs.mfa_token })).status).toBe(401);
    const own = await firstStep(app, user);
    expect((await challenge(own.mfa_token, totpCode(user.secret))).status).toBe(200);
    expect((await challenge(own.mfa_token, totpCode(user.secret))).body.code).toBe('invalid-mfa-token');
  });

  it.each<[string, string]>([
    ['deactivated', 'update users set is_active = false where id = ?'],
    ['made an administrator', 'update users set is_admin = true where id = ?'],
    ['given another password', "update users set hashed_password = '$2b$12$x' where id = ?"],
    ['thrown out of its sessions', 'update users set sessions_not_before = clock_timestamp() where id = ?'],
  ])('refuses the second step of an account that was %s after the first', async (_, change) => {
    const user = await createTotpUser(app);
    const { mfa_token } = await firstStep(app, user);
    await app.database.read((em) => em.execute(change, [user.id]));
    expect((await challenge(mfa_token, totpCode(user.secret))).body).toMatchObject({
      status: 401,
      code: 'invalid-mfa-token',
    });
  });

  it('refuses a token that is too old', async () => {
    const user = await createTotpUser(app);
    const { mfa_token } = await firstStep(app, user);
    await app.database.read((em) =>
      em.execute("update one_time_tokens set expires_at = now() - interval '1 second' where user_id = ?", [user.id]),
    );
    expect((await challenge(mfa_token, totpCode(user.secret))).body.code).toBe('invalid-mfa-token');
  });

  it.each(['', '12345', '1234567890123456789012345678901234567890', '<script>', '123456\u0000', 123456, ['123456']])(
    'refuses the code %j with 422',
    async (code) => {
      const answer = await challenge(`ot_${'A'.repeat(43)}`, code);
      expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([422, '/code']);
    },
  );

  it('S10: a changed password ends the second step as well, over HTTP', async () => {
    const user: TotpUser = await createTotpUser(app);
    const { mfa_token } = await firstStep(app, user);
    const changed = await call(app, 'PUT /api/users/me/password', {
      token: user.access_token,
      json: { current_password: user.password, new_password: 'a kettle sings in the lighthouse' },
    });
    expect(changed.status).toBe(204);
    expect((await challenge(mfa_token, totpCode(user.secret))).body.code).toBe('invalid-mfa-token');
  });

  it('is no way around the factor for accounts without one', async () => {
    const user = await createUser(app);
    expect((await challenge(user.refresh_token, '123456')).body.code).toBe('invalid-mfa-token');
  });
});
