import { IsString, Matches, MaxLength } from 'class-validator';
import { TokenPairResponse, tokenPairResponse } from '../auth.dto.ts';
import type { EnrolledLogin } from './enrolment.service.ts';
import type { MfaState } from './mfa.service.ts';
import type { TotpSetUp } from './totp.ts';

const MAX_TOKEN_CHARACTERS = 64;
const MAX_CODE_CHARACTERS = 32;
const CODE = /^[0-9A-Za-z][0-9A-Za-z -]{4,30}[0-9A-Za-z]$/;
const CODE_RULE = { message: 'code must be the 6 digits of an authenticator app or a recovery code' };

/** The second factors of an account. */
export class MfaResponse {
  /** The authenticator app. */
  totp!: TotpStateResponse;

  /**
   * Recovery codes that are left.
   * @example 10
   */
  recovery_codes_remaining!: number;

  /**
   * Number of passkeys.
   * @example 1
   */
  passkeys!: number;

  /** Whether this server asks the account for a second factor. */
  required!: boolean;
}

/** The authenticator app of an account. */
export class TotpStateResponse {
  /** @example true */
  enabled!: boolean;

  /**
   * When its first code was given.
   * @example "2026-11-22T16:30:00.000Z"
   */
  confirmed_at!: string | null;
}

/** What an authenticator app needs. Shown once. */
export class TotpSetUpResponse {
  /**
   * Shared secret in base32, for typing.
   * @example "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
   */
  secret!: string;

  /**
   * For a link on the device that has the app.
   * @example "otpauth://totp/VoiceAssist:ana%40clinic.example?issuer=VoiceAssist&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&algorithm=SHA1&digits=6&period=30"
   */
  otpauth_uri!: string;

  /**
   * The same as a picture to scan: PNG in a data URL.
   * @example "data:image/png;base64,iVBORw0KGgo="
   */
  qr_code!: string;
}

/** A first code of the authenticator app. */
export class ConfirmTotpRequest {
  /**
   * The 6 digits that the app shows.
   * @example "123456"
   */
  @IsString()
  @Matches(/^\d{3} ?\d{3}$/, { message: 'code must be 6 digits' })
  code!: string;
}

/** Codes that each replace the second factor once. Shown once. */
export class RecoveryCodesResponse {
  /**
   * To be kept on paper or in a password manager. Empty when the account has codes already.
   * @example ["7K2M-9QXR-4TBD-W3HN-60JC-V5GE"]
   */
  recovery_codes!: string[];
}

/** The second step of a login. */
export class ChallengeRequest {
  /**
   * From the answer to the first step.
   * @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  @IsString()
  @MaxLength(MAX_TOKEN_CHARACTERS)
  mfa_token!: string;

  /**
   * The 6 digits that the authenticator app shows, or a recovery code; each is good once.
   * @example "123456"
   */
  @IsString()
  @MaxLength(MAX_CODE_CHARACTERS)
  @Matches(CODE, CODE_RULE)
  code!: string;
}

/** The second step of a login that has to set up a second factor first. */
export class EnrolmentRequest {
  /**
   * From the answer to the first step.
   * @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  @IsString()
  @MaxLength(MAX_TOKEN_CHARACTERS)
  mfa_token!: string;
}

/** A first code of the authenticator app that a login asked for. */
export class ConfirmEnrolmentRequest extends ConfirmTotpRequest {
  /**
   * From the answer to the first step.
   * @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  @IsString()
  @MaxLength(MAX_TOKEN_CHARACTERS)
  mfa_token!: string;
}

/** Tokens, and the recovery codes of the second factor that was just set up. */
export class EnrolledResponse extends TokenPairResponse {
  /**
   * To be kept on paper or in a password manager. Shown once.
   * @example ["7K2M-9QXR-4TBD-W3HN-60JC-V5GE"]
   */
  recovery_codes!: string[];
}

/** The second factors of an account, as its user sees them. */
export function mfaResponse({ totpConfirmedAt, recoveryCodesLeft, passkeys, isRequired }: MfaState): MfaResponse {
  return {
    totp: { enabled: totpConfirmedAt !== null, confirmed_at: totpConfirmedAt?.toISOString() ?? null },
    recovery_codes_remaining: recoveryCodesLeft,
    passkeys,
    required: isRequired,
  };
}

/** What an authenticator app needs. */
export function totpSetUpResponse({ secret, uri, qrCode }: TotpSetUp): TotpSetUpResponse {
  return { secret, otpauth_uri: uri, qr_code: qrCode };
}

/** Tokens of a login that has set up its second factor. */
export function enrolledResponse({ tokens, recoveryCodes }: EnrolledLogin): EnrolledResponse {
  return Object.assign(tokenPairResponse(tokens), { recovery_codes: [...recoveryCodes] });
}
