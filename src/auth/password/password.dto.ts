import { IsString, MaxLength, MinLength } from 'class-validator';
import { LinkTokenRequest } from '../accounts/email.dto.ts';
import { IsWellFormed } from '../../validation/is-well-formed.ts';

const MAX_PASSWORD_CHARACTERS = 1024;

/** A change of the own password. */
export class ChangePasswordRequest {
  /**
   * The password of now, as a proof.
   * @example "the ferry leaves before dawn"
   */
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_PASSWORD_CHARACTERS)
  @IsWellFormed()
  current_password!: string;

  /**
   * At least 15 characters unless configured otherwise, at most 1024; common ones are refused.
   * @example "seven lamps above the harbour"
   */
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_PASSWORD_CHARACTERS)
  @IsWellFormed()
  new_password!: string;
}

/** A new password, chosen by the token of a mail. */
export class ResetPasswordRequest extends LinkTokenRequest {
  /**
   * At least 15 characters unless configured otherwise, at most 1024; common ones are refused.
   * @example "seven lamps above the harbour"
   */
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_PASSWORD_CHARACTERS)
  @IsWellFormed()
  new_password!: string;
}
