import { Secret, TOTP } from 'otpauth';
import { toDataURL } from 'qrcode';

/** RFC 6238 section 4: SHA-1, the digits and the step that every authenticator app supports. */
const SETTINGS = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
const ISSUER = 'VoiceAssist';
/** RFC 4226 section 4, R6: 160 bits are recommended. */
const SECRET_BYTES = 20;
/** How many steps before and after the current one are accepted (RFC 6238 section 5.2). */
const WINDOW_STEPS = 1;
const CODE = /^\d{6}$/;

/** What a user needs to set up an authenticator app. Shown once. */
export interface TotpSetUp {
  /** Base32, for typing. */
  readonly secret: string;
  readonly uri: string;
  /** The URI as a PNG picture, in a data URL. */
  readonly qrCode: string;
}

/** A fresh shared secret: 160 random bits in base32 (RFC 4648 section 6). */
export function newTotpSecret(): string {
  return new Secret({ size: SECRET_BYTES }).base32;
}

/** The secret as authenticator apps take it from a link or a picture. */
export function totpUri(secret: string, account: string): string {
  return new TOTP({ ...SETTINGS, issuer: ISSUER, label: account, secret }).toString();
}

/** @param account what the app calls the account: its address */
export async function totpSetUp(secret: string, account: string): Promise<TotpSetUp> {
  const uri = totpUri(secret, account);
  return { secret, uri, qrCode: await toDataURL(uri, { errorCorrectionLevel: 'M' }) };
}

/** Whether a text can be a code of an authenticator app at all. */
export function isTotpCode(text: string): boolean {
  return CODE.test(text);
}

/**
 * The time step that a code belongs to, one step early or late at most.
 *
 * @param secret base32
 * @param nowMs time of the check, in milliseconds since 1970
 * @returns null when the code is that of none of the three steps
 */
export function matchingStep(secret: string, code: string, nowMs: number): number | null {
  const step = TOTP.counter({ period: SETTINGS.period, timestamp: nowMs });
  const delta = TOTP.validate({
    ...SETTINGS,
    token: code,
    secret: Secret.fromBase32(secret),
    timestamp: nowMs,
    window: WINDOW_STEPS,
  });
  return delta === null ? null : step + delta;
}
