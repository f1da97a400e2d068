import { findField, findText, parseJson } from '../../server/ocs-envelope.ts';

/** Tokens of the OAuth 2.0 app of Nextcloud. */
export interface NextcloudTokens {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  readonly idToken: null;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number | null;
}

/** What its token endpoint answers. */
export interface NextcloudTokenAnswer {
  readonly tokens: NextcloudTokens;
  /** `user_id`, which OCS has to confirm. */
  readonly userId: string | null;
}

const TOKEN = /^[\x21-\x7e]{1,4096}$/;
const LONGEST_LIFE_SECONDS = 10 * 365 * 86_400;

/** Reads an answer of the token endpoint (RFC 6749 section 5.1); null when it is none. */
export function readTokenAnswer(text: string): NextcloudTokenAnswer | null {
  const value = parseJson(text);
  const accessToken = findText(value, 'access_token');
  const refreshToken = findText(value, 'refresh_token');
  const life = findField(value, 'expires_in');
  if (accessToken === null || !TOKEN.test(accessToken)) return null;
  if (refreshToken !== null && !TOKEN.test(refreshToken)) return null;
  if (findText(value, 'token_type')?.toLowerCase() !== 'bearer') return null;
  const isLife = typeof life === 'number' && life > 0 && life <= LONGEST_LIFE_SECONDS;
  const expiresAtMs = isLife ? Date.now() + life * 1_000 : null;
  return { tokens: { accessToken, refreshToken, idToken: null, expiresAtMs }, userId: findText(value, 'user_id') };
}
