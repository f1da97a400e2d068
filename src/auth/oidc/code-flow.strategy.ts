import { createHash } from 'node:crypto';
import OpenIDConnectStrategy from 'passport-openidconnect';
import type { ProviderSettings } from '../../config/sso-providers.ts';
import type {
  VerifiedIdentity,
  AuthorizationGrant,
  AuthorizationRequest,
} from '../identities/identity-provider.port.ts';
import type { ProviderMetadata } from './protocol/discovery.ts';
import { OidcError } from '../identities/oidc.errors.ts';

/** What one run of the strategy works with. */
export interface CodeFlow {
  readonly settings: ProviderSettings;
  readonly metadata: ProviderMetadata;
  readonly secrets: AuthorizationRequest;
}

/** An identity of a verified ID token, and until when that token is valid, in seconds since the epoch. */
export interface VerifiedIdToken {
  readonly identity: VerifiedIdentity;
  readonly untilSeconds: number;
}

/** Exchanges a code and verifies the ID token, with every check there is. */
export type VerifyIdToken = (code: string) => Promise<VerifiedIdToken>;

/** What Passport puts on a strategy for it to end with. */
interface Actions {
  readonly redirect: (location: string) => void;
  readonly success: () => void;
  readonly fail: () => void;
  readonly error: () => void;
}

type TokenCallback = (error: null, accessToken: string, refreshToken: string | null, params: object) => void;
type StoreCallback = (error: null, result: unknown, state?: unknown) => void;

/** The members of the base class that make requests of their own, or remember a request, and are replaced here. */
interface Replaceable {
  _oauth2: object;
  _stateStore: object;
}

/**
 * The Passport strategy as a shell, one instance for each run: it writes the authorization request and walks through
 * the callback, but reaches no server, keeps no state and never sees a byte of the provider. Those three are ours.
 */
class CodeFlowStrategy extends OpenIDConnectStrategy {
  readonly #secrets: AuthorizationRequest;

  constructor({ settings, metadata, secrets }: CodeFlow, getAccessToken: (code: string, done: TokenCallback) => void) {
    super(
      {
        issuer: metadata.issuer,
        authorizationURL: metadata.authorizationEndpoint,
        tokenURL: metadata.tokenEndpoint,
        userInfoURL: '',
        callbackURL: settings.redirectUri,
        clientID: settings.clientId,
        // The secret is known to TokenEndpoint only.
        clientSecret: '',
        scope: [...settings.scopes],
        skipUserProfile: true,
      },
      (_issuer: string, _profile: unknown, done: OpenIDConnectStrategy.VerifyCallback) => done(null, {}),
    );
    this.#secrets = secrets;
    Object.assign(this as unknown as Replaceable, {
      _oauth2: {
        _authorizeUrl: metadata.authorizationEndpoint,
        _accessTokenUrl: metadata.tokenEndpoint,
        _clientId: settings.clientId,
        getOAuthAccessToken: (code: string, _params: object, done: TokenCallback) => getAccessToken(code, done),
      },
      _stateStore: {
        store: (...rest: [unknown, unknown, unknown, unknown, StoreCallback]) => rest[4](null, secrets.state),
        // Whoever calls has already used the state up and knows that it was ours.
        verify: (_request: unknown, _state: unknown, done: StoreCallback) => done(null, { nonce: secrets.nonce }),
      },
    });
  }

  /** The parameters that the package leaves out (RFC 7636 section 4.3) or would choose itself. */
  override authorizationParams(): object {
    const { nonce, codeVerifier } = this.#secrets;
    const challenge = createHash('sha256').update(codeVerifier).digest('base64url');
    return { nonce, code_challenge: challenge, code_challenge_method: 'S256' };
  }
}

/** @returns the URL of the authorization request (OpenID Connect Core 1.0 section 3.1.2.1) */
export function authorizationUrl(flow: CodeFlow): Promise<string> {
  return new Promise((resolve, reject) => {
    const strategy = new CodeFlowStrategy(flow, () => undefined);
    drive(strategy, {}, { ...failing(reject), redirect: resolve });
  });
}

/** @throws whatever `verify` throws, OidcError `id-token` */
export function identifyByCode(
  flow: CodeFlow,
  { code, state }: AuthorizationGrant,
  verify: VerifyIdToken,
): Promise<VerifiedIdentity> {
  return new Promise((resolve, reject) => {
    const strategy = new CodeFlowStrategy(flow, (wanted, done) => {
      verify(wanted)
        .then((proof) => {
          const success = (): void => resolve(proof.identity);
          Object.assign(strategy, { success });
          done(null, proof.identity.tokens.accessToken, null, { id_token: handOver(flow, proof) });
        })
        // Also what the package throws while it is called back: nobody else would catch it.
        .catch((error: unknown) => reject(error instanceof Error ? error : new OidcError('id-token')));
    });
    drive(strategy, { code, state }, failing(reject));
  });
}

/**
 * The verified claims in the form in which the package reads them. It would decode a token of the provider without
 * looking at its signature, and knows no clock skew.
 */
function handOver({ settings, secrets }: CodeFlow, { identity, untilSeconds }: VerifiedIdToken): string {
  const claims = {
    iss: identity.issuer,
    sub: identity.subject,
    aud: settings.clientId,
    exp: untilSeconds,
    iat: Math.floor(Date.now() / 1_000),
    nonce: secrets.nonce,
  };
  return ['{}', JSON.stringify(claims), ''].map((part) => Buffer.from(part).toString('base64')).join('.');
}

/** Runs a strategy the way Passport does: with its actions on the instance. */
function drive(strategy: CodeFlowStrategy, query: Readonly<Record<string, string>>, actions: Actions): void {
  Object.assign(strategy, actions);
  strategy.authenticate({ query } as unknown as Parameters<CodeFlowStrategy['authenticate']>[0]);
}

/** Every way to end is a failure unless it was replaced. */
function failing(reject: (error: Error) => void): Actions {
  const end = (): void => reject(new OidcError('id-token'));
  return { redirect: end, success: end, fail: end, error: end };
}
