import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { JobsService } from '../jobs/jobs.service.ts';

/** Ends what a room keeps running for an account, in the transaction that deactivates the account. */
export type EndingListener = (em: EntityManager, userId: string) => Promise<void>;

/** Ends everything that runs for an account, in the transaction that deactivates it. */
@Injectable()
export class AccountLifecycle {
  readonly #listeners: EndingListener[] = [];
  readonly #returns: EndingListener[] = [];

  constructor(private readonly jobs: JobsService) {}

  /** Registers what else has to end; call it while the application starts. */
  whenEnding(listener: EndingListener): void {
    this.#listeners.push(listener);
  }

  /** Registers what comes back when an account is activated again; call it while the application starts. */
  whenReactivated(listener: EndingListener): void {
    this.#returns.push(listener);
  }

  /** Tells the other rooms, in the transaction, that an account is active again. */
  async reactivate(em: EntityManager, userId: string): Promise<void> {
    for (const listener of this.#returns) await listener(em, userId);
  }

  /** Sessions, jobs, and whatever other rooms have registered. */
  async endAll(em: EntityManager, userId: string): Promise<void> {
    await this.endSessions(em, userId);
    await this.jobs.cancelAll(em, userId);
    for (const listener of this.#listeners) await listener(em, userId);
  }

  /** By the clock at this moment and not of the beginning of the transaction: a login that came between is over too. */
  async endSessions(em: EntityManager, userId: string): Promise<void> {
    await em.execute('update users set sessions_not_before = clock_timestamp() where id = ?', [userId]);
  }
}
