import { IsBoolean, IsOptional, IsString, Matches, MaxLength, MinLength } from 'class-validator';
import { LinkTokenRequest } from './email.dto.ts';
import { IsWellFormed } from '../../validation/is-well-formed.ts';
import { IsEmailAddress } from '../../validation/email-address.ts';
import { MayBeAbsent } from '../../validation/members.ts';

const MAX_NAME_CHARACTERS = 255;
const MAX_PASSWORD_CHARACTERS = 1024;
const PRINTABLE = /^[^\p{Cc}\p{Cs}]*$/u;

/** Somebody to be invited. */
export class InviteRequest {
  /**
   * Gets the mail with the link.
   * @example "ana@clinic.example"
   */
  @IsEmailAddress()
  email!: string;

  /**
   * At most 255 characters.
   * @example "Ana Duarte"
   */
  @IsOptional()
  @IsString()
  @MaxLength(MAX_NAME_CHARACTERS)
  @Matches(PRINTABLE, { message: 'full_name must not contain control characters' })
  full_name?: string | null;

  /** Whether the account is to be an administrator; false unless given. */
  @MayBeAbsent()
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
  @IsOptional()
  @IsString()
  @MaxLength(MAX_NAME_CHARACTERS)
  @Matches(PRINTABLE, { message: 'full_name must not contain control characters' })
  full_name?: string | null;
}
