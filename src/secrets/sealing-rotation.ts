import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Database } from '../persistence/database.ts';
import { UnsealError } from './aes-gcm.ts';
import { KeyRing } from './key-ring.ts';
import { currentPrefix, unwrapKey, wrapKey } from './key-wrap.ts';

const ROWS_PER_BATCH = 100;
const BEFORE_EVERY_ID = '00000000-0000-0000-0000-000000000000';

/** How far a rotation is. */
export interface RotationProgress {
  readonly done: number;
  /** Rows that were not on the current key at the beginning. */
  readonly total: number;
}

/** What is sealed or signed under which key of the ring, or under one that the ring lacks. */
export interface KeyUse {
  readonly keyId: string;
  /** Keys of users that it wraps. */
  readonly userKeys: number;
  /** Whether it has signed rows of the audit trail, which can be checked with it only. */
  readonly hasSignedAudit: boolean;
}

interface WrappedRow {
  readonly user_id: string;
  readonly wrapped_key: string;
}

interface Batch {
  readonly rewrapped: number;
  /** Last user looked at; undefined when there is none left. */
  readonly last: string | undefined;
}

/**
 * Wraps the keys of all users with the current key of the ring. What is sealed under the keys of users stays as it is, so
 * every record can be read at every moment by whoever has both keys. Each batch is a transaction: a rotation that is cut
 * off is simply run again, and two at once share the work.
 */
@Injectable()
export class SealingRotation {
  constructor(
    private readonly database: Database,
    private readonly ring: KeyRing,
  ) {}

  /** @param report called after each batch @returns how many keys of users were wrapped anew */
  async rewrapAll(report: (progress: RotationProgress) => void): Promise<number> {
    const total = await this.#countOutdated();
    let done = 0;
    let after: string | undefined = BEFORE_EVERY_ID;
    while (after !== undefined) {
      const from: string = after;
      const { rewrapped, last }: Batch = await this.database.transaction((em) => this.#rewrapAfter(em, from));
      done += rewrapped;
      after = last;
      report({ done, total });
    }
    return done;
  }

  /** Every key that is in the ring or in use. */
  async uses(): Promise<readonly KeyUse[]> {
    return this.database.read(async (em) => {
      const wraps = await em.execute<{ key_id: string; count: string }[]>(
        `select split_part(wrapped_key, '.', 2) as key_id, count(*) as count from user_keys group by 1 order by 1`,
      );
      const counts = new Map(wraps.map(({ key_id, count }) => [key_id, Number(count)]));
      const uses: KeyUse[] = [];
      for (const keyId of new Set([...this.ring.ids(), ...counts.keys()])) {
        const signed = await em.execute<unknown[]>('select 1 from audit_events where key_id = ? limit 1', [keyId]);
        uses.push({ keyId, userKeys: counts.get(keyId) ?? 0, hasSignedAudit: signed.length > 0 });
      }
      return uses;
    });
  }

  async #countOutdated(): Promise<number> {
    const [row] = await this.database.read((em) =>
      em.execute<{ count: string }[]>('select count(*) as count from user_keys where not starts_with(wrapped_key, ?)', [
        currentPrefix(this.ring),
      ]),
    );
    return Number(row?.count ?? 0);
  }

  /** Rows that another rotation holds are left to it; a key that no key of the ring opens stays as it is. */
  async #rewrapAfter(em: EntityManager, after: string): Promise<Batch> {
    const rows = await em.execute<WrappedRow[]>(
      `select user_id, wrapped_key from user_keys where user_id > ? and not starts_with(wrapped_key, ?)
       order by user_id limit ${ROWS_PER_BATCH} for update skip locked`,
      [after, currentPrefix(this.ring)],
    );
    let rewrapped = 0;
    for (const { user_id, wrapped_key } of rows) {
      const wrapped = this.#rewrap(user_id, wrapped_key);
      if (wrapped === undefined) continue;
      await em.execute('update user_keys set wrapped_key = ? where user_id = ?', [wrapped, user_id]);
      rewrapped += 1;
    }
    return { rewrapped, last: rows.at(-1)?.user_id };
  }

  #rewrap(userId: string, wrapped: string): string | undefined {
    try {
      return wrapKey(this.ring, userId, unwrapKey(this.ring, userId, wrapped));
    } catch (error) {
      if (error instanceof UnsealError) return undefined;
      throw error;
    }
  }
}
