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

/** Seals and opens many values of one user with one look at the user's key. Keep it no longer than that takes. */
export class UserSeal {
  constructor(
    private readonly ownerId: string,
    private readonly key: UserDataKey,
  ) {}

  /** @returns `u1.<nonce ciphertext tag in base64url>` */
  seal(plaintext: string, field: string): string {
    return `${VERSION}.${encrypt(this.key, Buffer.from(plaintext), [VERSION, this.ownerId, field])}`;
  }

  /** @throws UnsealError when the value was altered or moved to another owner or field */
  unseal(sealed: string, field: string): string {
    const [version, body = ''] = sealed.split('.');
    if (version !== VERSION) throw new UnsealError('The record cannot be opened');
    return decrypt(this.key, body, [VERSION, this.ownerId, field]).toString('utf8');
  }
}

/** Seals what is kept for a user, under the data key of that user, which a key of the ring wraps. */
@Injectable()
export class Sealer {
  constructor(private readonly ring: KeyRing) {}

  /** @returns `u1.<nonce ciphertext tag in base64url>` */
  async seal(em: EntityManager, plaintext: string, { ownerId, field }: SealContext): Promise<string> {
    return (await this.of(em, ownerId)).seal(plaintext, field);
  }

  /** @throws UnsealError when the value was altered, moved to another owner or field, or the key of its owner is gone */
  async unseal(em: EntityManager, sealed: string, { ownerId, field }: SealContext): Promise<string> {
    const key = await this.#find(em, ownerId);
    if (key === undefined) throw new UnsealError('The record cannot be opened');
    return new UserSeal(ownerId, key).unseal(sealed, field);
  }

  /** The seal of a user, for many values; one who has no key yet gets one. @throws UnsealError when no key of the ring opens it */
  async of(em: EntityManager, ownerId: string): Promise<UserSeal> {
    return new UserSeal(ownerId, (await this.#find(em, ownerId)) ?? (await this.#create(em, ownerId)));
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
