import { Buffer } from 'node:buffer';
import { Injectable } from '@nestjs/common';
import { decrypt, encrypt, UnsealError } from './aes-gcm.ts';
import { KeyRing } from './key-ring.ts';

const VERSION = 'r1';

/** Where a sealed value of the server itself is stored; it opens only in its own place. */
export interface ServerSealContext {
  /** Id of the row. */
  readonly rowId: string;
  /** For example `nextcloud_revocations.sealed_login`. */
  readonly field: string;
}

/**
 * Seals what has to outlive the data key of a user, for days and not for years: rotation of the ring does not renew it,
 * so a key that is taken out of the ring makes what is left unreadable.
 */
@Injectable()
export class ServerSealer {
  constructor(private readonly ring: KeyRing) {}

  /** @returns `r1.<key id>.<nonce ciphertext tag in base64url>` */
  seal(plaintext: string, { rowId, field }: ServerSealContext): string {
    const { currentId } = this.ring;
    const context = [VERSION, currentId, rowId, field];
    return `${VERSION}.${currentId}.${encrypt(this.ring.current('seal'), Buffer.from(plaintext), context)}`;
  }

  /** @throws UnsealError when the value was altered or moved, or its key has left the ring */
  unseal(sealed: string, { rowId, field }: ServerSealContext): string {
    const [version, keyId = '', body = ''] = sealed.split('.');
    const key = version === VERSION ? this.ring.findKey(keyId, 'seal') : undefined;
    if (key === undefined) throw new UnsealError('The record cannot be opened');
    return decrypt(key, body, [VERSION, keyId, rowId, field]).toString('utf8');
  }
}
