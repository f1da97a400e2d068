import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DomainEvents } from '../../changes/domain-events.ts';
import { Database } from '../../persistence/database.ts';
import { failureForLog } from '../../problem/failure-for-log.ts';
import { IndexSync } from './index-sync.ts';

const ROUND_MS = 60_000;

/** Takes the passages out of memory of whoever has no documents any more, in every process that held them. */
@Injectable()
export class EvictedOwners implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #log = new Logger('Indexing');
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly indexSync: IndexSync,
    events: DomainEvents,
  ) {
    // Memory only: should the transaction fail, the next question brings it back.
    events.on('user.deactivated', (_em, { userId }) => this.indexSync.evict(userId));
    events.on('user.deleted', (_em, { userId }) => this.indexSync.evict(userId));
  }

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.#round(), ROUND_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer);
  }

  /** Other processes unlink and delete accounts too, and only the database tells. @returns how many were forgotten */
  async evictGone(): Promise<number> {
    const held = this.indexSync.owners();
    if (held.length === 0) return 0;
    const rows = await this.database.read((em) =>
      em.execute<{ id: string }[]>(
        `select u.id from users u where u.id = any(string_to_array(?, ',')::uuid[]) and u.is_active
           and exists (select 1 from documents d where d.user_id = u.id and d.revision_id is not null)`,
        [held.join(',')],
      ),
    );
    const alive = new Set(rows.map(({ id }) => id));
    const gone = held.filter((userId) => !alive.has(userId));
    for (const userId of gone) await this.indexSync.evict(userId);
    return gone.length;
  }

  async #round(): Promise<void> {
    try {
      await this.evictGone();
    } catch (error) {
      this.#log.warn({ ...failureForLog(error) }, 'Passages of former owners cannot be looked for now');
    }
  }
}
