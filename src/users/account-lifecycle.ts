import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { DomainEvents } from '../changes/domain-events.ts';
import { JobsService } from '../jobs/jobs.service.ts';

/** Ends the sessions and jobs of a user and tells the other rooms, in the transaction that changes the account. */
@Injectable()
export class AccountLifecycle {
  constructor(
    private readonly jobs: JobsService,
    private readonly events: DomainEvents,
  ) {}

  /** Emits `user.deactivated`. */
  async deactivate(em: EntityManager, userId: string): Promise<void> {
    await this.#endAll(em, userId);
    await this.events.emit(em, 'user.deactivated', { userId });
  }

  /** Emits `user.reactivated`. */
  async reactivate(em: EntityManager, userId: string): Promise<void> {
    await this.events.emit(em, 'user.reactivated', { userId });
  }

  /** Emits `user.deleted`; call it before the key and the row of the user are deleted. */
  async delete(em: EntityManager, userId: string): Promise<void> {
    await this.#endAll(em, userId);
    await this.events.emit(em, 'user.deleted', { userId });
  }

  /** By the clock at this moment and not of the beginning of the transaction: a login that came between is over too. */
  async endSessions(em: EntityManager, userId: string): Promise<void> {
    await em.execute('update users set sessions_not_before = clock_timestamp() where id = ?', [userId]);
  }

  async #endAll(em: EntityManager, userId: string): Promise<void> {
    await this.endSessions(em, userId);
    await this.jobs.cancelAll(em, userId);
  }
}
