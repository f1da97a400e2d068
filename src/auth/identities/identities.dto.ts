import { IsString, MaxLength } from 'class-validator';
import type { Identity } from './identity.entity.ts';

/** The code of a link. */
export class AddIdentityRequest {
  /**
   * `link_code` of the URL to which the browser returned.
   * @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  @IsString()
  @MaxLength(512)
  code!: string;
}

/** Who the user is at a provider. */
export class IdentityResponse {
  /** @example "019aab7c-2f10-7c3e-8d55-5a1f0c9b7e21" */
  id!: string;

  /**
   * Name of the provider.
   * @example "google"
   */
  provider!: string;

  /** @example "https://accounts.google.com" */
  issuer!: string;

  /**
   * As the provider told it at the last login.
   * @example "ana@clinic.example"
   */
  email!: string | null;

  /** @example "2026-11-22T10:00:00.000Z" */
  linked_at!: string;

  /** @example "2026-11-22T10:00:00.000Z" */
  last_login_at!: string | null;
}

/** Every identity of the user. */
export class IdentityListResponse {
  /** In the order in which they were linked. */
  identities!: IdentityResponse[];
}

/** Identifies a user at a provider; its tokens never leave the server. */
export function identityResponse(identity: Identity): IdentityResponse {
  return {
    id: identity.id,
    provider: identity.provider,
    issuer: identity.issuer,
    email: identity.email ?? null,
    linked_at: identity.linkedAt.toISOString(),
    last_login_at: identity.lastLoginAt?.toISOString() ?? null,
  };
}
