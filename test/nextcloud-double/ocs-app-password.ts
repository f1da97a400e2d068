import type { AppPassword } from './accounts.ts';
import type { Authentication } from './authentication.ts';
import type { Exchange } from './exchange.ts';
import type { OcsResult } from './ocs-envelope.ts';
import type { ServerState } from './server-state.ts';

type SignedIn = Extract<Authentication, { kind: 'user' }>;

/** GET /core/getapppassword: trades a real password for an app password. */
export function issueAppPassword(exchange: Exchange, signedIn: SignedIn, state: ServerState): OcsResult {
  if (signedIn.appPassword !== null) {
    return { code: 403, message: 'You cannot request an new apppassword with an apppassword' };
  }
  const name = exchange.header('user-agent') ?? 'unknown';
  return { code: 200, data: { apppassword: state.accounts.createAppPassword(signedIn.account.uid, name).secret } };
}

/** POST /core/apppassword/rotate: replaces the app password that authenticated this request. */
export function rotateAppPassword(signedIn: SignedIn, state: ServerState): OcsResult {
  const old = signedIn.appPassword;
  if (old === null) return { code: 403, message: 'no app password in use' };
  const created = state.accounts.createAppPassword(old.uid, old.name);
  state.accounts.revokeAppPassword(old.secret);
  return { code: 200, data: { apppassword: created.secret } };
}

/** DELETE /core/apppassword: ends the app password that authenticated this request, at once. */
export function deleteAppPassword(appPassword: AppPassword | null, state: ServerState): OcsResult {
  if (appPassword === null) return { code: 403, message: 'no app password in use' };
  state.accounts.revokeAppPassword(appPassword.secret);
  return { code: 200 };
}
