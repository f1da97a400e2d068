import { Buffer } from 'node:buffer';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { decrypt, encrypt, UnsealError } from './aes-gcm.ts';
import { KeyRing } from './key-ring.ts';
import { newDataKey, unwrapKey, wrapKey, type UserDataKey } from './key-wrap.ts';

const VERSION = 'u1';

/** The user of a secret and the column that holds it; a sealed value opens only there. */
export interface SealContext {
  /** The user. Each has a data key of its own: when that is deleted, all that was sealed for the user is gone for good. */
  readonly ownerId: string;
  /** For example `nextcloud_accounts.sealed_secret`. */
  readonly field: string;
}

/** Seals what is kept for a user, under the data key of that user, which a key of the ring wraps. */
@Injectable()
export class Sealer {
  constructor(private readonly ring: KeyRing) {}

  /** @returns `u1.<nonce ciphertext tag in base64url>` */
  async seal(em: EntityManager, plaintext: string, { ownerId, field }: SealContext): Promise<string> {
    const key = (await this.#find(em, ownerId)) ?? (await this.#create(em, ownerId));
    return `${VERSION}.${encrypt(key, Buffer.from(plaintext), [VERSION, ownerId, field])}`;
  }

  /** @throws UnsealError when the value was altered, moved to another owner or field, or the key of its owner is gone */
  async unseal(em: EntityManager, sealed: string, { ownerId, field }: SealContext): Promise<string> {
    const [version, body = ''] = sealed.split('.');
    const key = version === VERSION ? await this.#find(em, ownerId) : undefined;
    if (key === undefined) throw new UnsealError('The record cannot be opened');
    return decrypt(key, body, [VERSION, ownerId, field]).toString('utf8');
  }

  /** Makes everything that was ever sealed for a user unreadable, also in copies of the tables made later. */
  async erase(em: EntityManager, ownerId: string): Promise<void> {
    await em.execute('delete from user_keys where user_id = ?', [ownerId]);
  }

  async #find(em: EntityManager, ownerId: string): Promise<UserDataKey | undefined> {
    const [row] = await em.execute<{ wrapped_key: string }[]>('select wrapped_key from user_keys where user_id = ?', [
      ownerId,
    ]);
    return row && unwrapKey(this.ring, ownerId, row.wrapped_key);
  }

  /** Two who make the first key at the same time end with one. */
  async #create(em: EntityManager, ownerId: string): Promise<UserDataKey> {
    await em.execute('insert into user_keys (user_id, wrapped_key) values (?, ?) on conflict (user_id) do nothing', [
      ownerId,
      wrapKey(this.ring, ownerId, newDataKey()),
    ]);
    const key = await this.#find(em, ownerId);
    if (key === undefined) throw new UnsealError('The key of this user cannot be made');
    return key;
  }
}
