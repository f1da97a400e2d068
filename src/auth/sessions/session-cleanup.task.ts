import { Injectable } from '@nestjs/common';
import { Tasks } from '../../jobs/tasks.ts';
import { TaskHandler } from '../../jobs/task-handler.port.ts';
import { Database } from '../../persistence/database.ts';

const EVERY_SECONDS = 3600;
const KEPT_AFTER_END = "interval '30 days'";
const ROWS_PER_STATEMENT = 1000;

const FORGET_SESSIONS = `
  delete from sessions where id in (
    select id from sessions
    where expires_at < now() - ${KEPT_AFTER_END} or ended_at < now() - ${KEPT_AFTER_END} limit ${ROWS_PER_STATEMENT}
  ) returning 1`;

/** Forgets sessions that have long ended, with their refresh tokens, and one-time tokens that have expired. */
@Injectable()
export class SessionCleanup extends TaskHandler {
  override readonly kind = 'session-cleanup';
  override readonly concurrency = 1;
  override readonly everySeconds = EVERY_SECONDS;

  constructor(
    private readonly database: Database,
    tasks: Tasks,
  ) {
    super();
    tasks.register(this);
  }

  /** In statements of bounded size: no lock is held for long, however much there is to forget. */
  override async run(): Promise<void> {
    let forgotten: number;
    do {
      forgotten = (await this.database.read((em) => em.execute<unknown[]>(FORGET_SESSIONS))).length;
    } while (forgotten === ROWS_PER_STATEMENT);
    await this.database.read((em) => em.execute('delete from one_time_tokens where expires_at < clock_timestamp()'));
  }
}
