import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { DomainError } from '../../problem/domain-error.ts';
import { Sealer } from '../../secrets/sealer.ts';
import { isTotpCode, matchingStep, newTotpSecret } from './totp.ts';

const SEALED_FIELD = 'totp_factors.sealed_secret';

/** An authenticator app that has shown to have the secret. */
export interface ConfirmedTotp {
  readonly confirmedAt: Date;
}

interface SecretRow {
  readonly sealed_secret: string;
  readonly now_ms: number;
}

/** Stores the authenticator apps of users and checks their codes. The account is locked by the caller. */
@Injectable()
export class TotpFactors {
  constructor(private readonly sealer: Sealer) {}

  /** @returns null when the user has none, or one that was never confirmed */
  async findConfirmed(em: EntityManager, userId: string): Promise<ConfirmedTotp | null> {
    const [row] = await em.execute<{ confirmed_at: Date }[]>(
      'select confirmed_at from totp_factors where user_id = ? and confirmed_at is not null',
      [userId],
    );
    return row === undefined ? null : { confirmedAt: new Date(row.confirmed_at) };
  }

  /**
   * Makes a secret that waits for its first code; one that was waiting before is forgotten.
   *
   * @returns the secret in base32, or null when there is a confirmed one, which stays
   */
  async begin(em: EntityManager, userId: string): Promise<string | null> {
    const secret = newTotpSecret();
    const sealed = await this.sealer.seal(em, secret, { ownerId: userId, field: SEALED_FIELD });
    const rows = await em.execute<unknown[]>(
      `insert into totp_factors (user_id, sealed_secret) values (?, ?)
       on conflict (user_id) do update set sealed_secret = excluded.sealed_secret, created_at = now(), last_step = null
       where totp_factors.confirmed_at is null returning user_id`,
      [userId, sealed],
    );
    return rows.length === 0 ? null : secret;
  }

  /** @throws DomainError `no-second-factor` when no secret waits for its first code, `second-factor-exists` */
  async requirePending(em: EntityManager, userId: string): Promise<void> {
    const [row] = await em.execute<{ is_confirmed: boolean }[]>(
      'select confirmed_at is not null as is_confirmed from totp_factors where user_id = ?',
      [userId],
    );
    if (row === undefined) throw new DomainError('no-second-factor');
    if (row.is_confirmed) throw new DomainError('second-factor-exists');
  }

  /** Confirms the waiting secret by its first code. @returns false when the code is wrong or nothing waits */
  async confirm(em: EntityManager, userId: string, code: string): Promise<boolean> {
    const step = await this.#stepOf(em, { userId, code, state: 'confirmed_at is null' });
    if (step === null) return false;
    const rows = await em.execute<unknown[]>(
      `update totp_factors set confirmed_at = clock_timestamp(), last_step = ?
       where user_id = ? and confirmed_at is null returning user_id`,
      [step, userId],
    );
    return rows.length > 0;
  }

  /** Accepts a code, and none of its step or an earlier one ever again, whichever process is asked. */
  async accept(em: EntityManager, userId: string, code: string): Promise<boolean> {
    const step = await this.#stepOf(em, { userId, code, state: 'confirmed_at is not null' });
    if (step === null) return false;
    const rows = await em.execute<unknown[]>(
      `update totp_factors set last_step = ?
       where user_id = ? and confirmed_at is not null and (last_step is null or last_step < ?) returning user_id`,
      [step, userId, step],
    );
    return rows.length > 0;
  }

  /** @returns false when there was none that had been confirmed */
  async remove(em: EntityManager, userId: string): Promise<boolean> {
    const rows = await em.execute<unknown[]>(
      'delete from totp_factors where user_id = ? and confirmed_at is not null returning user_id',
      [userId],
    );
    return rows.length > 0;
  }

  /** By the clock of the database, which all processes share. */
  async #stepOf(
    em: EntityManager,
    { userId, code, state }: { userId: string; code: string; state: string },
  ): Promise<number | null> {
    if (!isTotpCode(code)) return null;
    const [row] = await em.execute<SecretRow[]>(
      `select sealed_secret, (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms
       from totp_factors where user_id = ? and ${state}`,
      [userId],
    );
    if (row === undefined) return null;
    const secret = await this.sealer.unseal(em, row.sealed_secret, { ownerId: userId, field: SEALED_FIELD });
    return matchingStep(secret, code, row.now_ms);
  }
}
