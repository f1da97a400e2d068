import { createHash, randomBytes } from 'node:crypto';

const PREFIX = 'va_';
const SECRET_BYTES = 32;
const FORM = /^va_[A-Za-z0-9_-]{43}$/;
const HINT_CHARACTERS = 4;

/** A new personal access token: 32 random bytes in base64url behind `va_`. */
export function newAccessToken(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64url');
}

/** Whether a text can be a personal access token at all. */
export function isAccessToken(text: string): boolean {
  return FORM.test(text);
}

/** What is stored of a token: its SHA-256 in hex. It has 256 bits of its own and needs no slow hash. */
export function accessTokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The end of a token, by which its owner recognises it. */
export function accessTokenHint(token: string): string {
  return token.slice(-HINT_CHARACTERS);
}
