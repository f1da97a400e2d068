import { Injectable } from '@nestjs/common';
import { DomainEvents } from '../changes/domain-events.ts';
import { TaskHandler, type TaskData } from '../jobs/task-handler.port.ts';
import { Tasks } from '../jobs/tasks.ts';
import { Database } from '../persistence/database.ts';

const KIND = 'deleted-data';
const EVERY_SECONDS = 86_400;

/** Leaves nothing of an account that was deleted for good in the folder of the embedded database, within seconds. */
@Injectable()
export class DeletedDataTask extends TaskHandler {
  override readonly kind = KIND;
  override readonly concurrency = 1;
  override readonly everySeconds = EVERY_SECONDS;

  constructor(
    private readonly database: Database,
    tasks: Tasks,
    events: DomainEvents,
  ) {
    super();
    tasks.register(this);
    events.on('user.deleted', (em) => tasks.add(em, KIND, { isFull: true }));
  }

  /** Once a day for what was deleted otherwise, without holding others up. */
  override async run({ isFull }: TaskData): Promise<void> {
    await this.database.reclaim({ isFull: isFull === true });
  }
}
