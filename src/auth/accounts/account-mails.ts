import { randomUUIDv7 } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Tasks } from '../../jobs/tasks.ts';
import { Notifier } from '../../notifications/notifier.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { MailRateLimit } from './mail-rate-limit.ts';

/** Kind and queue of the task that writes one of these messages. */
export const ACCOUNT_MAIL = 'account-mail';

/** Messages that an account gets because somebody asked, perhaps somebody who does not know whether it exists. */
export type AccountMailKind = 'email-verification' | 'account-exists' | 'password-reset' | 'invitation';

/**
 * Asks for messages with a link. The work is done by a task after the answer, and asking costs the same whether there
 * is an account or not: neither answer nor time tells.
 */
@Injectable()
export class AccountMails {
  constructor(
    private readonly tasks: Tasks,
    private readonly notifier: Notifier,
    private readonly rateLimit: MailRateLimit,
  ) {}

  /** @throws DomainError `mail-not-configured` */
  requireDelivery(): void {
    this.notifier.requireDelivery();
  }

  /** Counts a message to an address, for who must not learn whether it is sent. @returns false when it is too many */
  async mayWriteTo(email: string): Promise<boolean> {
    return (await this.rateLimit.consume(email, 'anyone')) === 0;
  }

  /** Counts a message to an address, for who may know. @throws DomainError `rate-limited` when it is too many */
  async requireAllowance(email: string): Promise<void> {
    const retryAfterSeconds = await this.rateLimit.consume(email, 'user');
    if (retryAfterSeconds > 0) throw new DomainError('rate-limited', { retryAfterSeconds });
  }

  /**
   * Queues the writing of a message in the transaction of `em`.
   *
   * @param userId the account, or null where there is none: then the task finds nobody
   */
  async request(em: EntityManager, kind: AccountMailKind, userId: string | null): Promise<void> {
    await this.tasks.add(em, ACCOUNT_MAIL, { kind, userId: userId ?? randomUUIDv7() });
  }

  /** Starts the writing at once instead of at the next look; call it after the transaction. */
  wake(): void {
    this.tasks.wake(ACCOUNT_MAIL);
  }
}
