import { IsEmail, IsOptional, IsString, Matches, MaxLength, MinLength } from 'class-validator';
import { IsWellFormed } from '../validation/is-well-formed.ts';
import type { TokenPair } from './sessions/token-issuer.ts';
import { IsEmailAddress } from '../validation/email-address.ts';

const MAX_PASSWORD_CHARACTERS = 1024;
const MAX_TOKEN_CHARACTERS = 512;
const PRINTABLE = /^[^\p{Cc}\p{Cs}]*$/u;

/** A new account. */
export class RegisterRequest {
  /**
   * Names the account at login, in any spelling of upper and lower case.
   * @example "ana@clinic.example"
   */
  @IsEmailAddress()
  email!: string;

  /**
   * At least 15 characters unless configured otherwise, at most 1024; common ones are refused. No kinds of characters are asked for.
   * @example "the ferry leaves before dawn"
   */
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_PASSWORD_CHARACTERS)
  @IsWellFormed()
  password!: string;

  /**
   * Name of the person, at most 255 characters.
   * @example "Ana Duarte"
   */
  @IsOptional()
  @IsString()
  @MaxLength(255)
  @Matches(PRINTABLE, { message: 'full_name must not contain control characters' })
  full_name?: string | null;
}

/** The first administrator. */
export class SetUpRequest extends RegisterRequest {
  /**
   * What follows `#token=` in the link; good once, for a day.
   * @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  @IsString()
  @MaxLength(MAX_TOKEN_CHARACTERS)
  token!: string;
}

/** Address and password. */
export class LoginRequest {
  /** @example "ana@clinic.example" */
  // Accounts of earlier versions may have addresses that are refused to new ones.
  @IsEmail()
  @MaxLength(254)
  email!: string;

  /** @example "the ferry leaves before dawn" */
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_PASSWORD_CHARACTERS)
  @IsWellFormed()
  password!: string;
}

/** A refresh token to be exchanged. */
export class RefreshRequest {
  /**
   * The refresh token of the newest pair.
   * @example "rt_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  @IsString()
  @MaxLength(MAX_TOKEN_CHARACTERS)
  refresh_token!: string;
}

/** Access token and refresh token. */
export class TokenPairResponse {
  /**
   * JWT for the Authorization header.
   * @example "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl"
   */
  access_token!: string;

  /**
   * Opaque; good for one refresh, which brings the next one.
   * @example "rt_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  refresh_token!: string;

  /** @example "bearer" */
  token_type!: 'bearer';

  /**
   * Life of the access token in seconds.
   * @example 900
   */
  expires_in!: number;

  /**
   * Seconds until the session is over unless it is refreshed before.
   * @example 604800
   */
  refresh_expires_in!: number;
}

/** Whose token this is. */
export class SessionResponse {
  /** @example "0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f" */
  session_id!: string;

  /** @example "0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e40" */
  user_id!: string;

  /**
   * As it is now, whatever the token says.
   * @example "user"
   */
  role!: 'user' | 'admin';
}

/** Tokens in the words of RFC 6749 section 5.1. */
export function tokenPairResponse(pair: TokenPair): TokenPairResponse {
  return {
    access_token: pair.accessToken,
    refresh_token: pair.refreshToken,
    token_type: 'bearer',
    expires_in: pair.expiresInSeconds,
    refresh_expires_in: pair.refreshExpiresInSeconds,
  };
}
