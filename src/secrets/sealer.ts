import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KeyRing } from './key-ring.ts';

const VERSION = 's1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Whose secret it is and where it is stored; a sealed value opens only in its own place. */
export interface SealContext {
  readonly ownerId: string;
  /** For example `nextcloud_accounts.sealed_secret`. */
  readonly field: string;
}

/** A sealed value that cannot be opened: wrong place, altered, or sealed with a key that is gone. */
export class UnsealError extends Error {
  override readonly name = 'UnsealError';
}

/**
 * Seals secrets at rest with AES-256-GCM (NIST SP 800-38D): a fresh random nonce each time, owner and field as
 * additional authenticated data, the id of the key in the record.
 */
export class Sealer {
  readonly #ring: KeyRing;

  constructor(ring: KeyRing) {
    this.#ring = ring;
  }

  /** @returns `s1.<key id>.<nonce ciphertext tag in base64url>` */
  seal(plaintext: string, context: SealContext): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#ring.current('seal'), nonce);
    cipher.setAAD(additionalData(this.#ring.currentId, context));
    const sealed = Buffer.concat([nonce, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}.${this.#ring.currentId}.${sealed.toString('base64url')}`;
  }

  /** @throws UnsealError when the value was altered, moved to another owner or field, or its key is gone */
  unseal(sealed: string, context: SealContext): string {
    const [version, keyId = '', body = ''] = sealed.split('.');
    const key = version === VERSION ? this.#ring.find(keyId, 'seal') : undefined;
    const bytes = Buffer.from(body, 'base64url');
    if (key === undefined || bytes.length < NONCE_BYTES + TAG_BYTES)
      throw new UnsealError('The record cannot be opened');
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(additionalData(keyId, context));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString(
        'utf8',
      );
    } catch (error) {
      throw new UnsealError('The record cannot be opened', { cause: error });
    }
  }
}

function additionalData(keyId: string, { ownerId, field }: SealContext): Buffer {
  return Buffer.from(JSON.stringify([VERSION, keyId, ownerId, field]));
}
