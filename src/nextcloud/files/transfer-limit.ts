import { Injectable } from '@nestjs/common';
import { DomainError } from '../../problem/domain-error.ts';

/** As many as there are connections for transfers: a transfer never waits for another one to end. */
const MAX_TRANSFERS = 16;
const MAX_TRANSFERS_OF_A_USER = 4;
const RETRY_AFTER_SECONDS = 5;

/** Counts the uploads and downloads of this process: a client may take hours, so a few must not take all slots. */
@Injectable()
export class TransferLimit {
  readonly #ofUser = new Map<string, number>();
  #taken = 0;

  /**
   * Takes a slot.
   *
   * @returns releases it; calling it twice does nothing
   * @throws DomainError `rate-limited` when the user has four of them, `service-busy` when all are taken
   */
  acquire(userId: string): () => void {
    const own = this.#ofUser.get(userId) ?? 0;
    const retryAfterSeconds = RETRY_AFTER_SECONDS;
    if (own >= MAX_TRANSFERS_OF_A_USER) {
      const detail = `At most ${MAX_TRANSFERS_OF_A_USER} uploads and downloads of an account run at the same time.`;
      throw new DomainError('rate-limited', { retryAfterSeconds, detail });
    }
    if (this.#taken >= MAX_TRANSFERS) throw new DomainError('service-busy', { retryAfterSeconds });
    this.#taken += 1;
    this.#ofUser.set(userId, own + 1);
    let isTaken = true;
    return () => {
      if (isTaken) this.#release(userId);
      isTaken = false;
    };
  }

  #release(userId: string): void {
    this.#taken -= 1;
    const left = (this.#ofUser.get(userId) ?? 1) - 1;
    if (left === 0) this.#ofUser.delete(userId);
    else this.#ofUser.set(userId, left);
  }
}
