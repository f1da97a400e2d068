import { Injectable } from '@nestjs/common';
import {
  IdentityProvider,
  type LogoutToken,
  type VerifiedIdentity,
  type ProviderTokens,
  type AuthorizationGrant,
  type AuthorizationRequest,
} from '../../auth/identities/identity-provider.port.ts';
import { OidcError } from '../../auth/identities/oidc.errors.ts';
import { HttpConfig } from '../../config/http.config.ts';
import { NextcloudConfig } from '../../config/nextcloud.config.ts';
import { ssoProviders, type ProviderSettings } from '../../config/sso-providers.ts';
import { SsoConfig } from '../../config/sso.config.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import { NextcloudServer } from '../server/nextcloud-server.ts';
import type { NextcloudSelf } from '../server/ocs.client.ts';
import { AUTHORIZE_PATH, TOKEN_PATH } from './oauth2-paths.ts';
import { readTokenAnswer } from './protocol/token-answer.ts';
import { callNextcloud } from '../server/ocs.transport.ts';

const STEP_TIMEOUT_MS = 4_500;
const ADDRESS = /^[^\s@<>]{1,64}@[^\s@<>]{1,189}$/;

/**
 * Login with the built-in OAuth 2.0 app of Nextcloud. It knows no nonce, no PKCE and no ID token: the state in the
 * browser and the client secret protect it, and who logged in is whoever OCS says the token belongs to.
 */
@Injectable()
export class NextcloudSignOn extends IdentityProvider {
  readonly issuer: string;
  readonly #settings: ProviderSettings | undefined;

  constructor(
    private readonly server: NextcloudServer,
    sso: SsoConfig,
    nextcloud: NextcloudConfig,
    http: HttpConfig,
  ) {
    super();
    this.#settings = ssoProviders({ sso, nextcloud, http }).find(({ kind }) => kind === 'nextcloud-oauth2');
    this.issuer = this.#settings?.issuer ?? '';
  }

  override authorizationUrl({ state }: AuthorizationRequest): Promise<string> {
    const { browserUrl, clientId, redirectUri } = this.#configured();
    const url = new URL(`${browserUrl ?? this.issuer}${AUTHORIZE_PATH}`);
    const parameters = { client_id: clientId, response_type: 'code', redirect_uri: redirectUri, state };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return Promise.resolve(url.href);
  }

  override async identify({ code }: AuthorizationGrant): Promise<VerifiedIdentity> {
    const signal = AbortSignal.timeout(STEP_TIMEOUT_MS);
    const { redirectUri } = this.#configured();
    const grant = { grant_type: 'authorization_code', code, redirect_uri: redirectUri };
    const { tokens, userId } = await this.#tokens(grant, signal);
    const self = await this.#self(tokens.accessToken, signal);
    if (userId !== null && userId !== self.uid) throw new OidcError('userinfo');
    return {
      issuer: this.issuer,
      subject: self.uid,
      email: self.email !== null && ADDRESS.test(self.email) ? self.email : null,
      // Any user writes any address into the own profile.
      isEmailVerified: false,
      fullName: self.displayName,
      groups: self.groups,
      providerSid: null,
      tokens,
    };
  }

  override async refresh(refreshToken: string): Promise<ProviderTokens> {
    const grant = { grant_type: 'refresh_token', refresh_token: refreshToken };
    return (await this.#tokens(grant, AbortSignal.timeout(STEP_TIMEOUT_MS))).tokens;
  }

  override logoutUrl(): Promise<null> {
    return Promise.resolve(null);
  }

  override readLogoutToken(): Promise<LogoutToken> {
    return Promise.reject(new OidcError('id-token'));
  }

  async #tokens(
    grant: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<{ readonly tokens: ProviderTokens; readonly userId: string | null }> {
    const { clientId, clientSecret } = this.#configured();
    const form = { ...grant, client_id: clientId, client_secret: clientSecret.reveal() };
    const path = TOKEN_PATH;
    const call = { method: 'POST', path, login: null, form, isRepeatable: false, signal } as const;
    const answer = await asked(signal, () => callNextcloud(this.server.endpoint, call));
    if (answer.status !== 200 || !/\bjson\b/i.test(answer.contentType)) throw new OidcError('token-endpoint');
    const read = readTokenAnswer(answer.bodyText);
    if (read === null) throw new OidcError('token-endpoint');
    return read;
  }

  #self(accessToken: string, signal: AbortSignal): Promise<NextcloudSelf> {
    const login = { loginName: '', secret: accessToken, scheme: 'bearer' } as const;
    return asked(signal, () => this.server.ocs.self(login, { isRepeatable: false, signal }));
  }

  #configured(): ProviderSettings {
    if (this.#settings === undefined) throw new OidcError('discovery');
    return this.#settings;
  }
}

/** Whatever goes wrong on the way, in the words of single sign-on. */
async function asked<Result>(signal: AbortSignal, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    if (signal.aborted || isDomainError(error, 'upstream-timeout')) throw new OidcError('provider-timeout');
    if (isDomainError(error, 'account-link-invalid')) throw new OidcError('userinfo');
    if (isDomainError(error, 'upstream-protocol-error', 'upstream-misconfigured'))
      throw new OidcError('provider-answer');
    throw isDomainError(error) ? new OidcError('provider-unreachable') : error;
  }
}
