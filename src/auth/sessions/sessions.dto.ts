import { IsString, Matches, MaxLength, MinLength, ValidateIf } from 'class-validator';
import type { SessionPrincipal } from '../../access/principal.ts';
import type { LivingSession } from './own-sessions.service.ts';

/** Something to be read, without control characters and halves of a character. */
const PRINTABLE = /^(?=.*\S)[^\p{Cc}\p{Cs}]*$/u;

/** A login that still holds. */
export class OwnSessionResponse {
  /** @example "0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f" */
  id!: string;

  /**
   * As its user calls it; null without a name.
   * @example "Tablet on ward 3"
   */
  name!: string | null;

  /** true for the session of this request. */
  is_current!: boolean;

  /**
   * Time of the login, RFC 3339.
   * @example "2026-11-22T10:00:00.000Z"
   */
  created_at!: string;

  /**
   * Time of the last refresh, RFC 3339.
   * @example "2026-11-22T16:45:00.000Z"
   */
  last_used_at!: string;

  /**
   * When it ends at the latest, RFC 3339; refreshing does not move it.
   * @example "2026-11-29T10:00:00.000Z"
   */
  expires_at!: string;

  /**
   * Address of the client at the login.
   * @example "192.0.2.17"
   */
  address!: string;

  /**
   * User-Agent at the login, at most 255 characters.
   * @example "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
   */
  user_agent!: string | null;

  /**
   * How its user was authenticated, in the words of RFC 8176; fed: by another issuer.
   * @example ["pwd", "otp", "mfa"]
   */
  methods!: string[];
}

/** The living sessions of the caller. */
export class OwnSessionListResponse {
  /** The last used first, at most 100. */
  sessions!: OwnSessionResponse[];
}

/** Another name for a session. */
export class RenameSessionRequest {
  /**
   * 1 to 100 characters; null takes the name away.
   * @example "Tablet on ward 3"
   */
  @ValidateIf((_, value: unknown) => value !== null)
  @IsString()
  @MinLength(1)
  @MaxLength(100)
  @Matches(PRINTABLE, { message: 'name must be readable and not contain control characters' })
  name!: string | null;
}

/** What users see of their own sessions. */
export function ownSessionResponse(session: LivingSession, { sessionId }: SessionPrincipal): OwnSessionResponse {
  return {
    id: session.id,
    name: session.name,
    is_current: session.id === sessionId,
    created_at: session.createdAt.toISOString(),
    last_used_at: session.lastUsedAt.toISOString(),
    expires_at: session.expiresAt.toISOString(),
    address: session.address,
    user_agent: session.userAgent,
    methods: [...session.methods],
  };
}
