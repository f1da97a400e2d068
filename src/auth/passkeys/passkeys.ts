import { randomUUIDv7 } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { NewCredential } from './webauthn.types.ts';
import { Passkey } from './passkey.entity.ts';

/** A passkey to be stored. */
export interface NewPasskey extends NewCredential {
  readonly userId: string;
  readonly name: string;
}

/** Stores passkeys. */
@Injectable()
export class Passkeys {
  list(em: EntityManager, userId: string): Promise<Passkey[]> {
    return em.find(Passkey, { userId }, { orderBy: { id: 'asc' } });
  }

  findByCredential(em: EntityManager, credentialId: string): Promise<Passkey | null> {
    return em.findOne(Passkey, { credentialId });
  }

  /** @returns null when the credential is registered already, by whomever */
  async insert(em: EntityManager, passkey: NewPasskey): Promise<Passkey | null> {
    const id = randomUUIDv7();
    const rows = await em.execute<unknown[]>(
      `insert into passkeys (id, user_id, credential_id, public_key, sign_count, transports, name, is_backed_up)
       values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (credential_id) do nothing returning id`,
      [
        id,
        passkey.userId,
        passkey.credentialId,
        passkey.publicKey,
        passkey.signCount,
        passkey.transports.join(' '),
        passkey.name,
        passkey.isBackedUp,
      ],
    );
    return rows.length === 0 ? null : em.findOneOrFail(Passkey, { id });
  }

  /** @returns null when the user has no such passkey */
  async rename(
    em: EntityManager,
    { id, userId, name }: Pick<Passkey, 'id' | 'userId' | 'name'>,
  ): Promise<Passkey | null> {
    await em.execute('update passkeys set name = ? where id = ? and user_id = ?', [name, id, userId]);
    return em.findOne(Passkey, { id, userId });
  }

  /** @returns false when the user has no such passkey */
  async remove(em: EntityManager, { id, userId }: Pick<Passkey, 'id' | 'userId'>): Promise<boolean> {
    const rows = await em.execute<unknown[]>('delete from passkeys where id = ? and user_id = ? returning id', [
      id,
      userId,
    ]);
    return rows.length > 0;
  }

  /**
   * Stores the counter of a use, which has to grow (WebAuthn Level 3 section 6.1.1); authenticators without one say 0.
   *
   * @returns false when it has not grown: two authenticators have the same key, so one is a copy
   */
  async recordUse(em: EntityManager, id: string, signCount: number): Promise<boolean> {
    const rows = await em.execute<unknown[]>(
      `update passkeys set sign_count = ?, last_used_at = clock_timestamp()
       where id = ? and (sign_count < ? or (sign_count = 0 and ? = 0)) returning id`,
      [signCount, id, signCount, signCount],
    );
    return rows.length > 0;
  }
}
