import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { decrypt, encrypt, UnsealError } from './aes-gcm.ts';
import type { KeyRing } from './key-ring.ts';

const VERSION = 'w1';
const KEY_BYTES = 32;

/** The data key of a user, in the clear; held in memory as short as possible. */
export type UserDataKey = Buffer;

/** A fresh data key: 32 random bytes. */
export function newDataKey(): UserDataKey {
  return randomBytes(KEY_BYTES);
}

/** @returns `w1.<key id>.<nonce ciphertext tag in base64url>`, wrapped by the current key of the ring */
export function wrapKey(ring: KeyRing, userId: string, dataKey: UserDataKey): string {
  const { currentId } = ring;
  return `${VERSION}.${currentId}.${encrypt(ring.current('seal'), dataKey, [VERSION, currentId, userId])}`;
}

/** @throws UnsealError when the key of the ring is gone, or the record was altered or belongs to another user */
export function unwrapKey(ring: KeyRing, userId: string, wrapped: string): UserDataKey {
  const [version, keyId = '', body = ''] = wrapped.split('.');
  const key = version === VERSION ? ring.findKey(keyId, 'seal') : undefined;
  if (key === undefined) throw new UnsealError('The key of this user cannot be opened');
  return decrypt(key, body, [VERSION, keyId, userId]);
}

/** Beginning of what the current key of the ring has wrapped. */
export function currentPrefix(ring: KeyRing): string {
  return `${VERSION}.${ring.currentId}.`;
}
