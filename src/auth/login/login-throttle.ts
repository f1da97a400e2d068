import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { LimitsConfig } from '../../config/limits.config.ts';
import { Counters } from '../../ephemeral/counters.port.ts';
import { DomainError } from '../../problem/domain-error.ts';

const WINDOW_MS = 15 * 60 * 1000;

/** One attempt at the password of an account. */
export interface PasswordAttempt {
  readonly normalizedEmail: string;
  /** The account, where there is one. */
  readonly userId: string | null;
  /** Whose failures it is counted with; of `guessBudget`. */
  readonly budget: string;
}

/**
 * Slows down who guesses the password of one account: strangers together, from whatever addresses, and each session and
 * known network by itself. Counts for addresses without an account alike.
 */
@Injectable()
export class LoginThrottle {
  readonly #maxFailures: number;

  constructor(
    private readonly counters: Counters,
    private readonly trail: AuditTrail,
    limits: LimitsConfig,
  ) {
    this.#maxFailures = limits.loginFailuresPerAccount;
  }

  /**
   * Counts an attempt before it is made, so that attempts in parallel cannot slip through; `refund` the ones that
   * were right.
   *
   * @throws DomainError `rate-limited`
   */
  async countAttempt(attempt: PasswordAttempt): Promise<void> {
    const { userId } = attempt;
    const { count, remainingMs } = await this.counters.add(keyOf(attempt), { windowMs: WINDOW_MS, by: 1 });
    if (count <= this.#maxFailures) return;
    // Once per window: a flood must not become a flood of rows.
    if (count === this.#maxFailures + 1) {
      await this.trail.record({
        actorId: null,
        action: 'account.throttled',
        outcome: 'denied',
        targetType: 'user',
        ...(userId !== null && { targetId: userId }),
      });
    }
    throw new DomainError('rate-limited', { retryAfterSeconds: Math.max(1, Math.ceil(remainingMs / 1000)) });
  }

  /** For an attempt that was right, or that the server could not judge. */
  async refund(attempt: PasswordAttempt): Promise<void> {
    await this.counters.add(keyOf(attempt), { windowMs: WINDOW_MS, by: -1 });
  }
}

/** A digest: the counter store learns no address. */
function keyOf({ normalizedEmail, budget }: PasswordAttempt): string {
  return `failures:${createHash('sha256').update(normalizedEmail).digest('base64url')}:${budget}`;
}
