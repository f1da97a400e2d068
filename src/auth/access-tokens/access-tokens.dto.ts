import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
} from 'class-validator';
import { ApiProperty } from '@nestjs/swagger';
import { isScope, SCOPES, type Scope } from '../../access/scopes.ts';
import type { AccessToken } from './access-token.entity.ts';
import type { CreatedAccessToken } from './access-tokens.service.ts';
import { MayBeAbsent } from '../../validation/members.ts';

const SCOPE_NAMES = Object.keys(SCOPES);
const MAX_SCOPES = 32;
const MAX_DAYS = 3650;
/** Something to be read, without control characters and halves of a character. */
const PRINTABLE = /^(?=.*\S)[^\p{Cc}\p{Cs}]*$/u;

const SCOPE_LIST = Object.entries(SCOPES)
  .map(([scope, meaning]) => `- \`${scope}\`: ${meaning}`)
  .join('\n');

/** A personal access token to be made. */
export class CreateAccessTokenRequest {
  /**
   * As its owner calls it, 1 to 100 characters.
   * @example "Night scan on the ward server"
   */
  @IsString()
  @MinLength(1)
  @MaxLength(100)
  @Matches(PRINTABLE, { message: 'name must be readable and not contain control characters' })
  name!: string;

  @ApiProperty({
    enum: SCOPE_NAMES,
    isArray: true,
    minItems: 1,
    maxItems: MAX_SCOPES,
    uniqueItems: true,
    example: ['files:index', 'jobs:read'],
    description: `What the token may do, and nothing else.\n\n${SCOPE_LIST}`,
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_SCOPES)
  @ArrayUnique()
  @IsIn(SCOPE_NAMES, { each: true })
  scopes!: Scope[];

  /**
   * Days until it expires, 1 to 3650; without it the token lives until it is deleted.
   * @example 90
   */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(MAX_DAYS)
  expires_in_days?: number;
}

/** A personal access token, without its secret. */
export class AccessTokenResponse {
  /** @example "019aab7c-2f10-7c3e-8d55-5a1f0c9b7e21" */
  id!: string;

  /** @example "Night scan on the ward server" */
  name!: string;

  /**
   * The last characters of the token.
   * @example "uQm1"
   */
  hint!: string;

  @ApiProperty({
    enum: SCOPE_NAMES,
    isArray: true,
    example: ['files:index', 'jobs:read'],
    description: 'What it may do.',
  })
  scopes!: Scope[];

  /**
   * RFC 3339.
   * @example "2026-11-22T10:00:00.000Z"
   */
  created_at!: string;

  /**
   * RFC 3339; null: until it is deleted.
   * @example "2027-02-20T10:00:00.000Z"
   */
  expires_at!: string | null;

  /**
   * RFC 3339, to the minute; null: never.
   * @example "2026-11-23T02:00:00.000Z"
   */
  last_used_at!: string | null;
}

/** A personal access token that was just made, with its secret. */
export class CreatedAccessTokenResponse extends AccessTokenResponse {
  /**
   * For the Authorization header. It is shown this once and stored nowhere.
   * @example "va_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  token!: string;
}

/** The personal access tokens of the caller. */
export class AccessTokenListResponse {
  /** The newest first, at most 50. */
  tokens!: AccessTokenResponse[];
}

/** What the owner of a token may see of it. */
export function accessTokenResponse(token: AccessToken): AccessTokenResponse {
  return {
    id: token.id,
    name: token.name,
    hint: token.hint,
    scopes: token.scopes.split(' ').filter(isScope),
    created_at: token.createdAt.toISOString(),
    expires_at: token.expiresAt?.toISOString() ?? null,
    last_used_at: token.lastUsedAt?.toISOString() ?? null,
  };
}

/** The one answer that shows the secret. */
export function createdAccessTokenResponse({ stored, token }: CreatedAccessToken): CreatedAccessTokenResponse {
  return Object.assign(accessTokenResponse(stored), { token });
}
