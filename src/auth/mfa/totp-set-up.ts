import { toDataURL } from 'qrcode';
import { totpUri } from './totp.ts';

/** What a user needs to set up an authenticator app. Shown once. */
export interface TotpSetUp {
  /** Base32, for typing. */
  readonly secret: string;
  readonly uri: string;
  /** The URI as a PNG picture, in a data URL. */
  readonly qrCode: string;
}

/** @param account what the app calls the account: its address */
export async function totpSetUp(secret: string, account: string): Promise<TotpSetUp> {
  const uri = totpUri(secret, account);
  return { secret, uri, qrCode: await toDataURL(uri, { errorCorrectionLevel: 'M' }) };
}
