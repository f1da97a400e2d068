import {
  call,
  createUser,
  type Answer,
  type CallOptions,
  type Problem,
  type Reachable,
  type TestUser,
  type Tokens,
} from './api.ts';
import { SoftAuthenticator, type CeremonyOptions, type Deviation, type PasskeyJson } from './soft-authenticator.ts';

/** Somebody who is logged in and has a passkey. */
export interface PasskeyUser extends TestUser {
  readonly authenticator: SoftAuthenticator;
  readonly passkeyId: string;
  /** What the authenticator keeps for the user. */
  readonly handle: string;
  readonly recoveryCodes: readonly string[];
}

/** A question to an authenticator, of either kind. */
export interface AskedQuestion {
  readonly options: CeremonyOptions;
  readonly registration_token: string;
  readonly authentication_token: string;
}

/** The body of an added passkey, or of the problem. */
export type AddedPasskey = Problem & {
  readonly id: string;
  readonly name: string;
  readonly recovery_codes: readonly string[];
};

/** Asks for options. */
export async function askFor(app: Reachable, route: string, options: CallOptions = {}): Promise<AskedQuestion> {
  const answer = await call<AskedQuestion>(app, route, options);
  if (answer.status !== 200) throw new Error(`${route}: ${answer.status} ${answer.text}`);
  return answer.body;
}

/** Registers a passkey in a session. */
export async function addPasskey(
  app: Reachable,
  { access_token: token }: Pick<TestUser, 'access_token'>,
  authenticator: SoftAuthenticator,
  ...[deviation = {}, spoil = (answer) => answer]: [Deviation?, ((answer: PasskeyJson) => PasskeyJson)?]
): Promise<Answer<AddedPasskey>> {
  const asked = await askFor(app, 'POST /api/auth/passkeys/registration-options', { token });
  const response = spoil(authenticator.register(asked.options, deviation));
  return call<AddedPasskey>(app, 'POST /api/auth/passkeys', {
    token,
    json: { registration_token: asked.registration_token, name: 'Laptop', response },
  });
}

/** Somebody with a passkey and a password. */
export async function createPasskeyUser(app: Reachable, authenticator = new SoftAuthenticator()): Promise<PasskeyUser> {
  const user = await createUser(app);
  const { status, body, text } = await addPasskey(app, user, authenticator);
  if (status !== 201) throw new Error(`passkey: ${status} ${text}`);
  const handle = authenticator.userHandle ?? '';
  return { ...user, authenticator, passkeyId: body.id, handle, recoveryCodes: body.recovery_codes };
}

/** Logs in with a passkey alone. */
export async function loginWithPasskey(
  app: Reachable,
  authenticator: SoftAuthenticator,
  deviation: Deviation = {},
): Promise<Answer<Tokens & Problem>> {
  const { options, authentication_token } = await askFor(app, 'POST /api/auth/passkeys/login-options');
  const response = authenticator.assert(options, deviation);
  return call<Tokens & Problem>(app, 'POST /api/auth/passkeys/login', { json: { authentication_token, response } });
}
