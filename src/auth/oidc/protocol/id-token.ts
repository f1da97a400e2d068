import { createHash } from 'node:crypto';
import { jwtVerify, type JWTHeaderParameters, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { OidcError } from '../../identities/oidc.errors.ts';

/** How far the clocks of two servers may be apart, in seconds. */
export const SKEW_SECONDS = 60;
const OLDEST_SECONDS = 10 * 60;
const LONGEST_TOKEN = 16 * 1_024;
const SUBJECT = /^[\x20-\x7e]{1,255}$/;
const LONGEST_SID = 255;

/** What a token of an issuer must fit. */
export interface TokenExpectation {
  readonly issuer: string;
  readonly clientId: string;
  /** Allow-list; never holds `none`. */
  readonly algorithms: readonly string[];
  readonly key: JWTVerifyGetKey;
}

/** What an ID token must fit besides. */
export interface IdTokenExpectation extends TokenExpectation {
  readonly nonce: string;
  readonly accessToken: string;
}

/** Claims of an ID token that holds. */
export interface IdTokenClaims extends JWTPayload {
  readonly iss: string;
  readonly sub: string;
  readonly exp: number;
  readonly iat: number;
}

/**
 * Every check of OpenID Connect Core 1.0 section 3.1.3.7, the signature included however the token came.
 *
 * @throws OidcError `id-token`, `keys`
 */
export async function verifyIdToken(token: unknown, expected: IdTokenExpectation): Promise<IdTokenClaims> {
  const { payload, header } = await verifySigned(token, expected);
  const { sub, exp, iat, iss, nonce } = payload;
  const isSound =
    isType(header, ['jwt'], true) &&
    typeof sub === 'string' &&
    SUBJECT.test(sub) &&
    typeof nonce === 'string' &&
    nonce === expected.nonce &&
    isMeantForUs(payload, expected.clientId) &&
    isAccessTokenHash(payload['at_hash'], header.alg, expected.accessToken);
  if (!isSound || iss === undefined || exp === undefined || iat === undefined) throw new OidcError('id-token');
  return { ...payload, iss, sub, exp, iat };
}

/**
 * Signature, algorithm, issuer, audience and times of a token.
 *
 * @throws OidcError `id-token`, `keys`
 */
export async function verifySigned(
  token: unknown,
  { issuer, clientId, algorithms, key }: TokenExpectation,
): Promise<{ readonly payload: JWTPayload; readonly header: JWTHeaderParameters }> {
  if (typeof token !== 'string' || token.length > LONGEST_TOKEN) throw new OidcError('id-token');
  try {
    const { payload, protectedHeader } = await jwtVerify(token, key, {
      algorithms: [...algorithms],
      issuer,
      audience: clientId,
      clockTolerance: SKEW_SECONDS,
      maxTokenAge: OLDEST_SECONDS,
      requiredClaims: ['exp', 'iat'],
    });
    return { payload, header: protectedHeader };
  } catch (error) {
    throw error instanceof OidcError ? error : new OidcError('id-token', { cause: error });
  }
}

/** One kind of token never stands for another (RFC 8725 section 3.11). */
export function isType({ typ }: JWTHeaderParameters, names: readonly string[], isOptional = false): boolean {
  if (typ === undefined) return isOptional;
  return names.includes(typ.toLowerCase().replace(/^application\//, ''));
}

/** `sid` of the session at the provider. */
export function sessionIdOf({ sid }: Readonly<Record<string, unknown>>): string | null {
  return typeof sid === 'string' && sid !== '' && sid.length <= LONGEST_SID ? sid : null;
}

/** Subject of a logout token. */
export function isSubject(value: unknown): value is string {
  return typeof value === 'string' && SUBJECT.test(value);
}

/** A token for several audiences must say that it was issued to us. */
function isMeantForUs({ aud, azp }: JWTPayload & { readonly azp?: unknown }, clientId: string): boolean {
  if (azp !== undefined) return azp === clientId;
  return !Array.isArray(aud) || aud.length === 1;
}

/** Core section 3.1.3.8; optional in the code flow, and checked when it is there. */
function isAccessTokenHash(value: unknown, algorithm: string, accessToken: string): boolean {
  if (value === undefined) return true;
  const hash = algorithm === 'EdDSA' ? 'sha512' : `sha${algorithm.slice(-3)}`;
  const digest = createHash(hash).update(accessToken, 'ascii').digest();
  return value === digest.subarray(0, digest.length / 2).toString('base64url');
}
