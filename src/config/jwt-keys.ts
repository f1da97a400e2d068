import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { AuthConfig } from './auth.config.ts';

const ENTRY = /^([A-Za-z0-9_-]{1,32}):([^\s,]+)$/;
const LEAST_KEY_BYTES = { HS256: 32, HS384: 48, HS512: 64 } as const;
const KID_CHARACTERS = 16;

/** A key that signs or verifies access tokens. */
export interface JwtKey {
  /** Name of the key in the header of a token (`kid`, RFC 7515 section 4.1.4). */
  readonly kid: string;
  readonly secret: string;
}

/** Name of a key that was given without one; it says nothing about the key. */
export function derivedKid(secret: string): string {
  return createHash('sha256').update(`voiceassist/kid/${secret}`).digest('base64url').slice(0, KID_CHARACTERS);
}

/**
 * Every key of the configuration, the one that signs first: those of JWT_KEYS in their order, then JWT_SECRET, so that
 * tokens outlive the step from one variable to the other.
 *
 * @throws Error that names the rule and never the value
 */
export function jwtKeys({ jwtKeys: list, jwtSecret }: Pick<AuthConfig, 'jwtKeys' | 'jwtSecret'>): readonly JwtKey[] {
  const keys = list === undefined ? [] : list.reveal().split(',').map(parseEntry);
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) throw new Error('JWT_KEYS names a key id twice');
  if (jwtSecret === undefined) return keys;
  const secret = jwtSecret.reveal();
  const kid = derivedKid(secret);
  return keys.some((key) => key.kid === kid) ? keys : [...keys, { kid, secret }];
}

/** @returns the rules that the keys break, with names and never with values */
export function brokenJwtKeyRules(auth: AuthConfig): string[] {
  const leastBytes = LEAST_KEY_BYTES[auth.jwtAlgorithm];
  const isShort = (secret: string): boolean => Buffer.byteLength(secret) < leastBytes;
  const broken: string[] = [];
  if (auth.jwtSecret !== undefined && isShort(auth.jwtSecret.reveal())) {
    broken.push(`JWT_SECRET must have at least ${leastBytes} bytes for ${auth.jwtAlgorithm}`);
  }
  try {
    if (jwtKeys({ ...(auth.jwtKeys && { jwtKeys: auth.jwtKeys }) }).some(({ secret }) => isShort(secret))) {
      broken.push(`JWT_KEYS must list secrets of at least ${leastBytes} bytes for ${auth.jwtAlgorithm}`);
    }
  } catch (error) {
    broken.push((error as Error).message);
  }
  return broken;
}

function parseEntry(entry: string): JwtKey {
  const [, kid = '', secret = ''] = ENTRY.exec(entry.trim()) ?? [];
  if (kid === '') throw new Error('JWT_KEYS must list kid:secret pairs, comma-separated');
  return { kid, secret };
}
