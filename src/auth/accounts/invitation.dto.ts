import { IsBoolean, IsEmail, IsString, Matches, MaxLength, MinLength, ValidateIf } from 'class-validator';
import { LinkTokenRequest } from './email.dto.ts';
import { IsWellFormed } from '../password/is-well-formed.ts';

const MAX_EMAIL_CHARACTERS = 254;
const MAX_NAME_CHARACTERS = 255;
const MAX_PASSWORD_CHARACTERS = 1024;
const PRINTABLE = /^[^\p{Cc}\p{Cs}]*$/u;

/** Somebody to be invited. */
export class InviteRequest {
  /**
   * Gets the mail with the link.
   * @example "ana@clinic.example"
   */
  @IsEmail()
  @MaxLength(MAX_EMAIL_CHARACTERS)
  email!: string;

  /**
   * At most 255 characters.
   * @example "Ana Duarte"
   */
  @ValidateIf((_, value: unknown) => value !== undefined && value !== null)
  @IsString()
  @MaxLength(MAX_NAME_CHARACTERS)
  @Matches(PRINTABLE, { message: 'full_name must not contain control characters' })
  full_name?: string | null;

  /** Whether the account is to be an administrator; false unless given. */
  @ValidateIf((_, value: unknown) => value !== undefined)
  @IsBoolean()
  is_admin?: boolean;
}

/** What somebody who was invited chooses. */
export class AcceptInvitationRequest extends LinkTokenRequest {
  /**
   * At least 15 characters unless configured otherwise, at most 1024; common ones are refused.
   * @example "the ferry leaves before dawn"
   */
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_PASSWORD_CHARACTERS)
  @IsWellFormed()
  password!: string;

  /**
   * At most 255 characters; an absent field keeps the name of the invitation.
   * @example "Ana Duarte"
   */
  @ValidateIf((_, value: unknown) => value !== undefined && value !== null)
  @IsString()
  @MaxLength(MAX_NAME_CHARACTERS)
  @Matches(PRINTABLE, { message: 'full_name must not contain control characters' })
  full_name?: string | null;
}
