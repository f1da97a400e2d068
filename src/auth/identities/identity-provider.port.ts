import type { ProviderSettings } from '../../config/sso-providers.ts';

/** Secrets of an authorization request: they go to the provider and must come back. */
export interface AuthorizationRequest {
  /** Good once, for this browser. */
  readonly state: string;
  readonly nonce: string;
  /** Code verifier (RFC 7636 section 4.1). */
  readonly codeVerifier: string;
}

/** The authorization code that the provider sent the browser back with (RFC 6749 section 1.3.1). */
export interface AuthorizationGrant extends AuthorizationRequest {
  readonly code: string;
  /** Issuer parameter (RFC 9207 section 2). */
  readonly iss: string | undefined;
}

/** Tokens that a provider issued for one of its users. */
export interface ProviderTokens {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  /** Compact serialization; null where the provider speaks plain OAuth 2.0. */
  readonly idToken: string | null;
  /** Milliseconds since the epoch; null where the provider does not tell. */
  readonly expiresAtMs: number | null;
}

/** A user as the ID token of a provider describes them; everything is checked for shape and size. */
export interface VerifiedIdentity {
  readonly issuer: string;
  /** 1 to 255 printable ASCII characters; stable and unique at its issuer. */
  readonly subject: string;
  /** Null when there is none or it is no address. */
  readonly email: string | null;
  /** True only where the provider proves it and is trusted with that. */
  readonly isEmailVerified: boolean;
  readonly fullName: string | null;
  /** Null when the provider said nothing about groups. */
  readonly groups: readonly string[] | null;
  /** Session of the provider (`sid`, OpenID Connect Back-Channel Logout 1.0 section 2.1). */
  readonly providerSid: string | null;
  readonly tokens: ProviderTokens;
}

/** What asks a provider to end its own session. */
export interface LogoutRequest {
  readonly idToken: string | null;
  /** Where the provider sends the browser afterwards; has to be registered there. */
  readonly returnUrl: string;
}

/** Whom a provider wants logged out (OpenID Connect Back-Channel Logout 1.0 section 2.4); one of the two at least. */
export interface LogoutToken {
  readonly issuer: string;
  readonly subject: string | null;
  readonly providerSid: string | null;
  /** `jti`: the token is valid once. */
  readonly tokenId: string;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** A server that vouches for users. Every method ends within five seconds. */
export abstract class IdentityProvider {
  /** Issuer identifier, or the address of a server that has none. */
  abstract readonly issuer: string;

  /** @returns where the browser logs in. @throws OidcError */
  abstract authorizationUrl(request: AuthorizationRequest): Promise<string>;

  /** Exchanges the code and verifies who logged in. @throws OidcError */
  abstract identify(grant: AuthorizationGrant): Promise<VerifiedIdentity>;

  /** @throws OidcError when the refresh token is no longer good, or the provider cannot be reached */
  abstract refresh(refreshToken: string): Promise<ProviderTokens>;

  /** @returns where the browser ends the session of the provider; null when it has no such page. @throws OidcError */
  abstract logoutUrl(request: LogoutRequest): Promise<string | null>;

  /** Verifies a logout token. @throws OidcError when it is none, or this provider sends none */
  abstract readLogoutToken(token: string): Promise<LogoutToken>;
}

/** A configured provider and the way to it. */
export interface Provider {
  readonly settings: ProviderSettings;
  readonly protocol: IdentityProvider;
}

/** Every provider that the configuration switches on. */
export abstract class IdentityProviders {
  /** @returns undefined for one that is off or unknown */
  abstract findProvider(id: string): Provider | undefined;

  /** @throws DomainError `not-found` */
  abstract get(id: string): Provider;
}
