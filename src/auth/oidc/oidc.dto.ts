import { IsOptional, IsString, Matches, MaxLength, MinLength } from 'class-validator';
import type { Provider } from '../identities/identity-provider.port.ts';
import { IsWellFormed } from '../../validation/is-well-formed.ts';
import { MayBeAbsent } from '../../validation/members.ts';

const ONE_TIME = /^ot_[A-Za-z0-9_-]{43}$/;
const ONE_TIME_RULE = { message: '$property must be a one-time token of this server' };
/** A path of the web application and nothing that a browser could take for another host. */
const RETURN_PATH = /^\/(?![/\\])[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,511}$/;
const RETURN_PATH_RULE = { message: 'return_path must be a path like /settings' };

/** A provider of single sign-on. */
export class ProviderResponse {
  /**
   * Name in paths.
   * @example "nextcloud"
   */
  id!: string;

  /**
   * Name for people.
   * @example "Nextcloud"
   */
  label!: string;

  /**
   * Send the browser here; add `code_challenge` and `return_path` as query parameters.
   * @example "https://api.clinic.example/api/auth/oidc/nextcloud/login"
   */
  login_url!: string;
}

/** Every provider that is on. */
export class ProviderListResponse {
  /** In the order of login pages. */
  providers!: ProviderResponse[];
}

/** How a single sign-on begins. */
export class SignOnQuery {
  /**
   * S256 challenge (RFC 7636 section 4.2) of the client that will exchange the code. Recommended: without it a code is
   * good for whoever sees it.
   * @example "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
   */
  @MayBeAbsent()
  @Matches(/^[A-Za-z0-9_-]{43}$/, { message: 'code_challenge must be an S256 challenge of 43 characters' })
  code_challenge?: string;

  /**
   * Path of the web application to return to.
   * @example "/settings"
   */
  @MayBeAbsent()
  @MaxLength(512)
  @Matches(RETURN_PATH, RETURN_PATH_RULE)
  return_path?: string;

  /**
   * Part of the login_url of POST /api/auth/oidc/{provider}/link.
   * @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  @MayBeAbsent()
  @Matches(ONE_TIME, ONE_TIME_RULE)
  link_token?: string;
}

/** The code of a single sign-on. */
export class ExchangeRequest {
  /**
   * `code` of the URL to which the browser returned.
   * @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  @IsString()
  @MaxLength(512)
  code!: string;

  /**
   * Verifier (RFC 7636 section 4.1) of the challenge that the sign-on began with.
   * @example "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
   */
  @IsOptional()
  @Matches(/^[A-Za-z0-9._~-]{43,128}$/, { message: 'code_verifier must be 43 to 128 unreserved characters' })
  code_verifier?: string | null;
}

/** Confirms that an account belongs to the owner of an identity. */
export class PasswordLinkRequest {
  /**
   * `link_token` of the URL to which the browser returned.
   * @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  @IsString()
  @MaxLength(512)
  link_token!: string;

  /**
   * Of the account of this server.
   * @example "the ferry leaves before dawn"
   */
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  @IsWellFormed()
  password!: string;
}

/** How linking a provider begins. */
export class LinkBeginRequest {
  /**
   * Path of the web application to return to.
   * @example "/settings"
   */
  @IsOptional()
  @MaxLength(512)
  @Matches(RETURN_PATH, RETURN_PATH_RULE)
  return_path?: string | null;
}

/** Where linking a provider goes on. */
export class LinkBeginResponse {
  /**
   * Send the browser here within two minutes.
   * @example "https://api.clinic.example/api/auth/oidc/google/login?link_token=ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  login_url!: string;
}

/** How the session at the provider ends. */
export class ProviderLogoutResponse {
  /**
   * Send the browser here to end the session at the provider too; null when there is nothing to end.
   * @example "https://login.clinic.example/logout?client_id=voiceassist"
   */
  logout_url!: string | null;
}

/** What a provider's logout did. */
export class ProviderLogoutReceiptResponse {
  /**
   * How many sessions have ended.
   * @example 1
   */
  sessions!: number;
}

/** @param origin under which browsers reach this server */
export function providerResponse({ settings: { id, label } }: Provider, origin: string): ProviderResponse {
  return { id, label, login_url: `${origin}/api/auth/oidc/${id}/login` };
}
