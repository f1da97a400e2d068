import { createHash } from 'node:crypto';

const NOT_ALLOWED = /[^a-z0-9_.@'-]/g;
const LONGEST = 64;
const KEPT = 50;
const HASH_DIGITS = 12;

/**
 * The id of a Nextcloud user that is made for an account: its address, which no other account has. Where Nextcloud allows
 * a character of it not, or no text so long, each such character becomes `-` and the beginning of the SHA-256 of the
 * address follows.
 *
 * @param email folded, as it is stored
 */
export function provisionedUid(email: string): string {
  const allowed = email.replaceAll(NOT_ALLOWED, '-');
  if (allowed === email && email.length <= LONGEST) return email;
  return `${allowed.slice(0, KEPT)}-${createHash('sha256').update(email).digest('hex').slice(0, HASH_DIGITS)}`;
}
