import { Injectable } from '@nestjs/common';
import { TaskHandler } from '../jobs/task-handler.port.ts';
import { Tasks } from '../jobs/tasks.ts';
import { Database } from '../persistence/database.ts';

const EVERY_SECONDS = 3600;
const ROWS_PER_STATEMENT = 1000;

const FORGET = `
  delete from used_nonces where (key_id, nonce) in (
    select key_id, nonce from used_nonces where expires_at < clock_timestamp() limit ${ROWS_PER_STATEMENT}
  ) returning 1`;

/** Forgets nonces of signatures that are too old to be accepted anyway. */
@Injectable()
export class NonceCleanup extends TaskHandler {
  override readonly kind = 'nonce-cleanup';
  override readonly concurrency = 1;
  override readonly everySeconds = EVERY_SECONDS;

  constructor(
    private readonly database: Database,
    tasks: Tasks,
  ) {
    super();
    tasks.register(this);
  }

  override async run(): Promise<void> {
    let forgotten: number;
    do {
      forgotten = (await this.database.read((em) => em.execute<unknown[]>(FORGET))).length;
    } while (forgotten === ROWS_PER_STATEMENT);
  }
}
