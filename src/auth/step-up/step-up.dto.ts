import { Type } from 'class-transformer';
import { IsObject, IsOptional, IsString, Matches, MaxLength, MinLength, ValidateNested } from 'class-validator';
import { AssertionResponseBody } from '../passkeys/passkey-response.dto.ts';
import { IsWellFormed } from '../../validation/is-well-formed.ts';

/**
 * A proof of identity: the password; where there is a second factor, password and code, or a passkey alone; where there
 * is no password, the code.
 */
export class StepUpRequest {
  /** @example "the ferry leaves before dawn" */
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  @IsWellFormed()
  password?: string | null;

  /**
   * The 6 digits that the authenticator app shows, or a recovery code; each is good once.
   * @example "123456"
   */
  @IsOptional()
  @IsString()
  @MaxLength(32)
  @Matches(/^[0-9A-Za-z][0-9A-Za-z -]{4,30}[0-9A-Za-z]$/, {
    message: 'code must be the 6 digits of an authenticator app or a recovery code',
  })
  code?: string | null;

  /**
   * From POST /api/auth/step-up/passkey-options.
   * @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  authentication_token?: string | null;

  /** `toJSON()` of what `navigator.credentials.get()` gave. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => AssertionResponseBody)
  response?: AssertionResponseBody | null;
}

/** A fresh proof of identity. */
export class SteppedUpResponse {
  /**
   * Seconds in which dangerous changes are open to this session.
   * @example 600
   */
  expires_in!: number;
}
