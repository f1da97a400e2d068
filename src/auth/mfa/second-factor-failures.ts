import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { LimitsConfig } from '../../config/limits.config.ts';
import { Counters } from '../../ephemeral/counters.port.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { guessBudget } from '../login/guess-budget.ts';

const WINDOW_MS = 15 * 60 * 1000;

/** Whose second factor is attempted. */
export interface FactorOwner {
  readonly userId: string;
  /** The session that proves its user once more; none at a login. */
  readonly sessionId?: string;
}

/**
 * Stops who attempts the second factor of one account, with however many tokens: strangers together, from whatever
 * addresses, and each session and known network by itself.
 */
@Injectable()
export class SecondFactorFailures {
  readonly #maxFailures: number;

  constructor(
    private readonly database: Database,
    private readonly counters: Counters,
    private readonly trail: AuditTrail,
    limits: LimitsConfig,
  ) {
    this.#maxFailures = limits.secondFactorFailuresPerAccount;
  }

  /**
   * Counts an attempt before it is made, so that attempts in parallel cannot slip through, and takes it back unless it was
   * wrong. Call it outside of transactions.
   *
   * @param attempt null means wrong
   * @throws DomainError `rate-limited` while too many were wrong, also for an attempt that would be right
   */
  async countAttempt<Result>(owner: FactorOwner, attempt: () => Promise<Result | null>): Promise<Result | null> {
    const budget = await this.database.read((em) => guessBudget(em, owner.userId, owner.sessionId));
    const key = `second-factor:${owner.userId}:${budget}`;
    await this.#count(key, owner.userId);
    let isWrong = false;
    try {
      const result = await attempt();
      isWrong = result === null;
      return result;
    } finally {
      if (!isWrong) await this.counters.add(key, { windowMs: WINDOW_MS, by: -1 });
    }
  }

  async #count(key: string, userId: string): Promise<void> {
    const { count, remainingMs } = await this.counters.add(key, { windowMs: WINDOW_MS, by: 1 });
    if (count <= this.#maxFailures) return;
    // Once per window: a flood must not become a flood of rows.
    if (count === this.#maxFailures + 1) {
      await this.trail.record({
        actorId: null,
        action: 'mfa.throttled',
        outcome: 'denied',
        targetType: 'user',
        targetId: userId,
      });
    }
    throw new DomainError('rate-limited', { retryAfterSeconds: Math.max(1, Math.ceil(remainingMs / 1000)) });
  }
}
