import type { JWTVerifyGetKey } from 'jose';
import type { ProviderSettings } from '../../config/sso-providers.ts';
import type { OutboundClient } from '../../outbound/outbound.client.ts';
import { authorizationUrl, identifyByCode, type VerifiedIdToken } from './code-flow.strategy.ts';
import {
  IdentityProvider,
  type LogoutToken,
  type LogoutRequest,
  type VerifiedIdentity,
  type ProviderTokens,
  type AuthorizationGrant,
  type AuthorizationRequest,
} from '../identities/identity-provider.port.ts';
import { Discovery, type ProviderMetadata } from './protocol/discovery.ts';
import { sessionIdOf, SKEW_SECONDS, verifyIdToken, type TokenExpectation } from './protocol/id-token.ts';
import { profileOf } from './protocol/identity-claims.ts';
import { Jwks } from './protocol/jwks.ts';
import { verifyLogoutToken } from './protocol/logout-token.ts';
import { JsonRequest } from './protocol/json-request.ts';
import { TokenEndpoint } from './protocol/token-endpoint.ts';
import { userinfoOf } from './protocol/userinfo.ts';
import { OidcError } from '../identities/oidc.errors.ts';

/** A provider that speaks OpenID Connect Core 1.0: the authorization code flow with PKCE, state and nonce. */
export class OpenIdClient extends IdentityProvider {
  readonly issuer: string;
  readonly #jsonRequest: JsonRequest;
  readonly #discovery: Discovery;
  readonly #jwks: Jwks;
  readonly #tokens: TokenEndpoint;

  constructor(
    private readonly settings: ProviderSettings,
    outbound: OutboundClient,
  ) {
    super();
    this.issuer = settings.issuer;
    this.#jsonRequest = new JsonRequest(outbound);
    this.#discovery = new Discovery(settings.issuer, this.#jsonRequest);
    this.#jwks = new Jwks(this.#jsonRequest);
    this.#tokens = new TokenEndpoint(settings, this.#jsonRequest);
  }

  override async authorizationUrl(secrets: AuthorizationRequest): Promise<string> {
    const metadata = await this.#discovery.metadata(this.#jsonRequest.deadline());
    const url = await authorizationUrl({ settings: this.settings, metadata, secrets });
    return this.#forBrowsers(url);
  }

  override async identify(grant: AuthorizationGrant): Promise<VerifiedIdentity> {
    const signal = this.#jsonRequest.deadline();
    const metadata = await this.#discovery.metadata(signal);
    // RFC 9207 section 2.4: who says to name itself must, and whoever is named must be the one that was asked.
    if (grant.iss === undefined ? metadata.namesItself : grant.iss !== this.issuer) {
      throw new OidcError('issuer-parameter');
    }
    return identifyByCode({ settings: this.settings, metadata, secrets: grant }, grant, (code) =>
      this.#verify({ ...grant, code }, metadata, signal),
    );
  }

  override async refresh(refreshToken: string): Promise<ProviderTokens> {
    const signal = this.#jsonRequest.deadline();
    const metadata = await this.#discovery.metadata(signal);
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
    const tokens = await this.#tokens.ask(metadata, form, signal);
    // Without rotation the answer leaves it out (RFC 6749 section 6).
    return { ...tokens, refreshToken: tokens.refreshToken ?? refreshToken };
  }

  /** OpenID Connect RP-Initiated Logout 1.0 section 2. */
  override async logoutUrl({ idToken, returnUrl }: LogoutRequest): Promise<string | null> {
    const { endSessionEndpoint } = await this.#discovery.metadata(this.#jsonRequest.deadline());
    if (endSessionEndpoint === null) return null;
    const url = new URL(endSessionEndpoint);
    if (idToken !== null) url.searchParams.set('id_token_hint', idToken);
    url.searchParams.set('client_id', this.settings.clientId);
    url.searchParams.set('post_logout_redirect_uri', returnUrl);
    return this.#forBrowsers(url.href);
  }

  override async readLogoutToken(token: string): Promise<LogoutToken> {
    const signal = this.#jsonRequest.deadline();
    return verifyLogoutToken(token, this.#expectation(await this.#discovery.metadata(signal), signal));
  }

  async #verify(grant: AuthorizationGrant, metadata: ProviderMetadata, signal: AbortSignal): Promise<VerifiedIdToken> {
    const form = {
      grant_type: 'authorization_code',
      code: grant.code,
      redirect_uri: this.settings.redirectUri,
      code_verifier: grant.codeVerifier,
    };
    const tokens = await this.#tokens.ask(metadata, form, signal);
    const { accessToken } = tokens;
    const expectation = { ...this.#expectation(metadata, signal), nonce: grant.nonce, accessToken };
    const claims = await verifyIdToken(tokens.idToken, expectation);
    const url = metadata.userinfoEndpoint;
    const userinfo =
      url === null ? {} : await userinfoOf(this.#jsonRequest, { url, accessToken, subject: claims.sub, signal });
    const identity = {
      issuer: claims.iss,
      subject: claims.sub,
      providerSid: sessionIdOf(claims),
      tokens,
      ...profileOf(claims, userinfo, this.settings),
    };
    return { identity, untilSeconds: claims.exp + SKEW_SECONDS };
  }

  #expectation({ algorithms, jwksUri }: ProviderMetadata, signal: AbortSignal): TokenExpectation {
    const { clientId, clientSecret, allowsHs256 } = this.settings;
    const key: JWTVerifyGetKey = (header, token) =>
      header.alg === 'HS256'
        ? new TextEncoder().encode(clientSecret.reveal())
        : this.#jwks.key({ jwksUri, header, token, signal });
    return {
      issuer: this.issuer,
      clientId,
      algorithms: allowsHs256 ? [...algorithms, 'HS256'] : algorithms,
      key,
    };
  }

  /** Browsers may know the issuer under another address than this server does. */
  #forBrowsers(url: string): string {
    const { browserUrl } = this.settings;
    return browserUrl !== undefined && url.startsWith(`${this.issuer}/`)
      ? browserUrl + url.slice(this.issuer.length)
      : url;
  }
}
