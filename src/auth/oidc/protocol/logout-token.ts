import { OidcError } from '../../identities/oidc.errors.ts';
import type { LogoutToken } from '../../identities/identity-provider.port.ts';
import { isSubject, isType, sessionIdOf, verifySigned, type TokenExpectation } from './id-token.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const LONGEST_ID = 255;

/**
 * Every check of OpenID Connect Back-Channel Logout 1.0 section 2.6 but the one for replay, which needs a memory.
 * The type must be said: an ID token would fit almost all else.
 *
 * @throws OidcError `id-token`, `keys`
 */
export async function verifyLogoutToken(token: string, expected: TokenExpectation): Promise<LogoutToken> {
  const { payload, header } = await verifySigned(token, expected);
  const { jti, exp, sub } = payload;
  const providerSid = sessionIdOf(payload);
  const isSound =
    isType(header, ['logout+jwt']) &&
    typeof jti === 'string' &&
    jti !== '' &&
    jti.length <= LONGEST_ID &&
    !('nonce' in payload) &&
    isLogoutEvent(payload['events']) &&
    (sub === undefined || isSubject(sub)) &&
    (sub !== undefined || providerSid !== null);
  if (!isSound || exp === undefined) throw new OidcError('id-token');
  return { issuer: expected.issuer, subject: sub ?? null, providerSid, tokenId: jti, expiresAtMs: exp * 1_000 };
}

function isLogoutEvent(events: unknown): boolean {
  if (typeof events !== 'object' || events === null || !Object.hasOwn(events, EVENT)) return false;
  const event = (events as Readonly<Record<string, unknown>>)[EVENT];
  return typeof event === 'object' && event !== null && !Array.isArray(event);
}
