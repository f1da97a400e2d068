import { createSecretKey, type KeyObject } from 'node:crypto';
import type { AuthConfig } from '../../config/auth.config.ts';

/** `iss` of access tokens. */
export const ISSUER = 'voiceassist';

/** `aud` of access tokens. */
export const AUDIENCE = 'voiceassist-api';

/** `typ` in the header of access tokens (RFC 9068 section 2.1): no other kind of JWT passes for one. */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

/**
 * The key of access tokens, as a KeyObject: a string would first be tried as a public key on every verification.
 *
 * @throws Error when JWT_SECRET is not set
 */
export function accessKey(config: AuthConfig): KeyObject {
  if (config.jwtSecret === undefined) throw new Error('JWT_SECRET is not set');
  return createSecretKey(config.jwtSecret.reveal(), 'utf8');
}
