// Second factors across two servers on one PostgreSQL (bar S67). Needs TEST_DATABASE_URL.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, type Problem, type Tokens } from '../../support/api.ts';
import { askFor, createPasskeyUser } from '../../support/passkey.ts';
import { createTotpUser, firstStep, totpCode, wrongCode } from '../../support/second-factor.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';
import { createTestDatabase, HAS_DATABASE_SERVER, type TestDatabase } from '../../support/test-database.ts';

const suite = HAS_DATABASE_SERVER ? describe : describe.skip;

suite('second factors on two servers', () => {
  let database: TestDatabase;
  let one: TestApp;
  let other: TestApp;

  beforeAll(async () => {
    database = await createTestDatabase();
    const env = {
      DATABASE_URL: database.url ?? '',
      JWT_SECRET: randomBytes(64).toString('base64url'),
      SECRETS_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    };
    one = await startTestApp({ env });
    other = await startTestApp({ env });
  });
  afterAll(async () => {
    await Promise.all([one.close(), other.close()]);
    await database.drop();
  });

  const challenge = (app: TestApp, mfa_token: string, code: string | undefined) =>
    call<Tokens & Problem>(app, 'POST /api/auth/mfa/challenge', { json: { mfa_token, code } });

  it('A15: a login begun on one is finished on the other, and opens a session on both', async () => {
    const user = await createTotpUser(one);
    const { mfa_token } = await firstStep(one, user);
    const { status, body } = await challenge(other, mfa_token, totpCode(user.secret));
    expect(status).toBe(200);
    for (const app of [one, other]) {
      expect((await call(app, 'GET /api/auth/me', { token: body.access_token })).status).toBe(200);
    }
  });

  it('S67: the same code is accepted once when both get it at the same time, for each of two users', async () => {
    for (let round = 0; round < 2; round += 1) {
      const user = await createTotpUser(one);
      const tokens = await Promise.all([one, other, one, other].map((app) => firstStep(app, user)));
      const code = totpCode(user.secret);
      const answers = await Promise.all(
        tokens.map(({ mfa_token }, index) => challenge(index % 2 ? one : other, mfa_token, code)),
      );
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401, 401, 401]);
    }
  });

  it('S67: the same recovery code and the same token are good once for both', async () => {
    const user = await createTotpUser(one);
    const [first, second] = [await firstStep(one, user), await firstStep(other, user)];
    const [code, next] = user.recoveryCodes;
    const answers = await Promise.all([
      challenge(one, second.mfa_token, code),
      challenge(other, first.mfa_token, code),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401]);
    const { mfa_token } = await firstStep(one, user);
    const both = await Promise.all([one, other].map((app) => challenge(app, mfa_token, next)));
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 401]);
  });

  it('S67: five wrong guesses end a token wherever they are made', async () => {
    const user = await createTotpUser(one);
    const { mfa_token } = await firstStep(one, user);
    const wrong = wrongCode(user.secret);
    for (let guess = 0; guess < 5; guess += 1) {
      expect((await challenge(guess % 2 ? one : other, mfa_token, wrong)).body.code).toBe('invalid-second-factor');
    }
    const answers = await Promise.all([one, other].map((app) => challenge(app, mfa_token, totpCode(user.secret))));
    expect(answers.map(({ body }) => body.code)).toEqual(['invalid-mfa-token', 'invalid-mfa-token']);
  });

  it('one of two answers with the same counter of a passkey is refused', async () => {
    const user = await createPasskeyUser(one);
    const asked = await Promise.all([one, other].map((app) => askFor(app, 'POST /api/auth/passkeys/login-options')));
    user.authenticator.counter = 90;
    const answers = await Promise.all(
      asked.map(({ options, authentication_token }, index) =>
        call(index ? one : other, 'POST /api/auth/passkeys/login', {
          json: { authentication_token, response: user.authenticator.assert(options, { counter: 100 }) },
        }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401]);
  });
});
