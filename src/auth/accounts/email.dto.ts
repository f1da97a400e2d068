import { IsString, MaxLength } from 'class-validator';
import { IsEmailAddress } from '../../validation/email-address.ts';

const MAX_TOKEN_CHARACTERS = 128;

/** The token of a link. */
export class LinkTokenRequest {
  /**
   * What follows `#token=` in the link; good once, for an hour.
   * @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  @IsString()
  @MaxLength(MAX_TOKEN_CHARACTERS)
  token!: string;
}

/** Names an account by its address; whether there is one is not told. */
export class AddressRequest {
  /** @example "ana@clinic.example" */
  @IsEmailAddress()
  email!: string;
}

/** A change of the own address. */
export class ChangeEmailRequest {
  /**
   * Gets a mail with a link; the account moves when the link is followed.
   * @example "ana.duarte@clinic.example"
   */
  @IsEmailAddress()
  new_email!: string;
}

/** The request was taken; whatever follows comes by mail. */
export class AcceptedResponse {
  /** @example "accepted" */
  status!: 'accepted';
}

/** The one answer, whatever is behind it. */
export const ACCEPTED: AcceptedResponse = { status: 'accepted' };
