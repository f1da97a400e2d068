// Wrong guesses of strangers slow strangers down, and nobody else (F3; bar S7 keeps standing).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, createUser, type Problem, type TestUser } from '../../support/api.ts';
import {
  createTotpUser,
  firstStep,
  letCodesPass,
  totpCode,
  wrongCode,
  type TotpUser,
} from '../../support/second-factor.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const HOME = '203.0.113.7';
const HOME_IPV6 = '2001:db8:7:1::5';
const FAILURES = 3;
const FACTOR_FAILURES = 2;

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({
    env: {
      TRUSTED_PROXIES: '127.0.0.1',
      RATE_LIMIT_LOGIN_FAILURES_PER_ACCOUNT: String(FAILURES),
      RATE_LIMIT_SECOND_FACTOR_FAILURES_PER_ACCOUNT: String(FACTOR_FAILURES),
    },
  });
});
afterAll(() => app.close());

const logIn = async (user: TestUser, address: string, password = user.password): Promise<number> => {
  const answer = await call<Problem>(app, 'POST /api/auth/login', {
    json: { email: user.email, password },
    headers: { 'x-forwarded-for': address },
  });
  return answer.status;
};

/** Wrong passwords, each from another network. */
async function guess(user: TestUser, times = FAILURES): Promise<void> {
  for (let index = 0; index < times; index += 1) expect(await logIn(user, `198.51.100.${index}`, 'wrong')).toBe(401);
}

async function throttledCount(user: TestUser, action: string): Promise<number> {
  const rows = await app.database.read((em) =>
    em.execute('select 1 from audit_events where action = ? and target_id = ?', [action, user.id]),
  );
  return rows.length;
}

describe('F3 wrong passwords of strangers', () => {
  it('F3 slow strangers from every network down, and leave in who comes from where the account has logged in', async () => {
    const user = await createUser(app);
    expect(await logIn(user, HOME)).toBe(200);
    await guess(user);
    expect(await logIn(user, '198.51.100.99')).toBe(429);
    expect(await throttledCount(user, 'account.throttled')).toBe(1);
    for (let round = 0; round < FAILURES + 1; round += 1) expect(await logIn(user, HOME)).toBe(200);
    expect(await logIn(user, '198.51.100.99')).toBe(429);
  });

  it('F3 know an IPv6 client by its /64', async () => {
    const user = await createUser(app);
    expect(await logIn(user, HOME_IPV6)).toBe(200);
    await guess(user);
    expect(await logIn(user, '2001:db8:7:1:ffff::9')).toBe(200);
    expect(await logIn(user, '2001:db8:7:2::5')).toBe(429);
  });

  it('F3 leave step-up, password change and new sessions of a living session alone', async () => {
    const user = await createUser(app);
    await guess(user);
    expect(await logIn(user, '198.51.100.99')).toBe(429);
    const headers = { 'x-forwarded-for': '192.0.2.200' };
    const token = user.access_token;
    const stepUp = await call(app, 'POST /api/auth/step-up', { token, headers, json: { password: user.password } });
    expect(stepUp.status).toBe(200);
    const json = { current_password: user.password, new_password: 'another long pass-phrase 1' };
    expect((await call(app, 'PUT /api/users/me/password', { token, headers, json })).status).toBe(204);
  });

  it('F3 a known network has a budget of its own and no more: guessing from there is slowed down as well', async () => {
    const user = await createUser(app);
    expect(await logIn(user, HOME)).toBe(200);
    for (let index = 0; index < FAILURES; index += 1) expect(await logIn(user, HOME, 'wrong')).toBe(401);
    expect(await logIn(user, HOME)).toBe(429);
    expect(await logIn(user, '198.51.100.99')).toBe(200);
  });

  it('F3 a session has a budget of its own and no more', async () => {
    const user = await createUser(app);
    const prove = async (password: string) =>
      (await call(app, 'POST /api/auth/step-up', { token: user.access_token, json: { password } })).status;
    for (let index = 0; index < FAILURES; index += 1) expect(await prove('wrong')).toBe(403);
    expect(await prove(user.password)).toBe(429);
    expect(await logIn(user, '198.51.100.99')).toBe(200);
  });
});

describe('F3 wrong second factors of who knows the password', () => {
  const stepUp = async ({ access_token: token, password, secret }: TotpUser) =>
    (await call(app, 'POST /api/auth/step-up', { token, json: { password, code: totpCode(secret) } })).status;
  const challenge = async (user: TotpUser, address: string, code: string) => {
    const { mfa_token } = await firstStep(app, user);
    const headers = { 'x-forwarded-for': address };
    return (await call(app, 'POST /api/auth/mfa/challenge', { json: { mfa_token, code }, headers })).status;
  };

  it('F3 stop strangers, and neither a known network nor a living session', async () => {
    const user = await createTotpUser(app);
    expect(await challenge(user, HOME, totpCode(user.secret))).toBe(200);
    for (let index = 0; index < FACTOR_FAILURES; index += 1) {
      expect(await challenge(user, `198.51.100.${index}`, wrongCode(user.secret))).toBe(401);
    }
    await letCodesPass(app);
    expect(await challenge(user, '198.51.100.99', totpCode(user.secret))).toBe(429);
    expect(await throttledCount(user, 'mfa.throttled')).toBe(1);
    expect(await challenge(user, HOME, totpCode(user.secret))).toBe(200);
    await letCodesPass(app);
    expect(await stepUp(user)).toBe(200);
  });
});
