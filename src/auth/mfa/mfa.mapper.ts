import { tokenPairResponse } from '../tokens/token-pair.mapper.ts';
import type { EnrolledLogin } from './enrolment.service.ts';
import type { EnrolledResponse, MfaResponse, TotpSetUpResponse } from './mfa.dto.ts';
import type { MfaState } from './mfa-overview.ts';
import type { TotpSetUp } from './totp-set-up.ts';

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
