import { Secret, TOTP } from 'otpauth';
import { call, createUser, login, type Reachable, type TestUser, type Tokens } from './api.ts';
import type { TestApp } from './test-app.ts';

/** Somebody who is logged in and has an authenticator app. */
export interface TotpUser extends TestUser {
  /** Base32. */
  readonly secret: string;
  readonly recoveryCodes: readonly string[];
}

/** The answer to the first step of a login that asks for a second one. */
export interface PendingLogin {
  readonly mfa_required?: true;
  readonly mfa_enrolment_required?: true;
  readonly mfa_token: string;
  readonly mfa_methods?: readonly string[];
  readonly expires_in: number;
}

/** The code of an authenticator app at a time, default now. */
export function totpCode(secret: string, timestamp = Date.now()): string {
  return TOTP.generate({ secret: Secret.fromBase32(secret), timestamp });
}

/** Six digits that the app does not show within a minute of now. */
export function wrongCode(secret: string): string {
  const near = [-60_000, -30_000, 0, 30_000, 60_000].map((offset) => totpCode(secret, Date.now() + offset));
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.includes(code)) ?? '';
}

/** Forgets which codes were used, as if time had passed: a test need not wait for the next one. */
export async function letCodesPass(app: Pick<TestApp, 'database'>): Promise<void> {
  await app.database.read((em) => em.execute('update totp_factors set last_step = null'));
}

/** Makes every proof of identity an hour old. */
export async function letProofsAge(app: Pick<TestApp, 'database'>): Promise<void> {
  await app.database.read((em) => em.execute("update sessions set authenticated_at = now() - interval '1 hour'"));
}

/** Sets up an authenticator app in a session over HTTP; its last code counts as used. */
export async function addTotp(
  app: Reachable,
  token: string,
): Promise<{ secret: string; recoveryCodes: readonly string[] }> {
  const setUp = await call<{ secret: string }>(app, 'POST /api/auth/mfa/totp', { token });
  if (setUp.status !== 200) throw new Error(`set-up: ${setUp.status} ${setUp.text}`);
  const { secret } = setUp.body;
  const confirmed = await call<{ recovery_codes: string[] }>(app, 'POST /api/auth/mfa/totp/confirm', {
    token,
    json: { code: totpCode(secret) },
  });
  if (confirmed.status !== 200) throw new Error(`confirm: ${confirmed.status} ${confirmed.text}`);
  return { secret, recoveryCodes: confirmed.body.recovery_codes };
}

/** Somebody with an authenticator app, whose next code is good. */
export async function createTotpUser(app: TestApp, { isAdmin = false } = {}): Promise<TotpUser> {
  const user = await createUser(app, { isAdmin });
  const added = await addTotp(app, user.access_token);
  await letCodesPass(app);
  return { ...user, ...added };
}

/** The first step of a login of somebody who is asked for a second one. */
export async function firstStep(app: Reachable, user: TestUser): Promise<PendingLogin> {
  return (await login(app, user)) as unknown as PendingLogin;
}

/** Both steps of a login. */
export async function secondLogin(app: Reachable, user: TotpUser): Promise<Tokens> {
  const { mfa_token } = await firstStep(app, user);
  const answer = await call<Tokens>(app, 'POST /api/auth/mfa/challenge', {
    json: { mfa_token, code: totpCode(user.secret) },
  });
  if (answer.status !== 200) throw new Error(`challenge: ${answer.status} ${answer.text}`);
  return answer.body;
}
