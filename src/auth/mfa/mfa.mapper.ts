import { tokenPairDocument } from '../tokens/token-pair.mapper.ts';
import type { EnrolledLogin } from './enrolment.service.ts';
import type { EnrolledDocument, MfaDocument, TotpSetUpDocument } from './mfa.dto.ts';
import type { MfaState } from './mfa-overview.ts';
import type { TotpSetUp } from './totp-set-up.ts';

/** The second factors of an account, as its user sees them. */
export function mfaDocument({ totpConfirmedAt, recoveryCodesLeft, passkeys, isRequired }: MfaState): MfaDocument {
  return {
    totp: { enabled: totpConfirmedAt !== null, confirmed_at: totpConfirmedAt?.toISOString() ?? null },
    recovery_codes_remaining: recoveryCodesLeft,
    passkeys,
    required: isRequired,
  };
}

/** What an authenticator app needs. */
export function totpSetUpDocument({ secret, uri, qrCode }: TotpSetUp): TotpSetUpDocument {
  return { secret, otpauth_uri: uri, qr_code: qrCode };
}

/** Tokens of a login that has set up its second factor. */
export function enrolledDocument({ tokens, recoveryCodes }: EnrolledLogin): EnrolledDocument {
  return Object.assign(tokenPairDocument(tokens), { recovery_codes: [...recoveryCodes] });
}
