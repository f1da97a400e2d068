import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { DomainEvents } from '../changes/domain-events.ts';
import { TaskHandler, type TaskData } from '../jobs/task-handler.port.ts';
import { Tasks } from '../jobs/tasks.ts';
import { MailTransport } from './mail-transport.port.ts';

const KIND = 'deleted-mails';
const IDS_PER_TASK = 1000;

/** Removes the copies of messages to an account that was deleted for good. */
@Injectable()
export class DeletedMailsTask extends TaskHandler {
  override readonly kind = KIND;
  override readonly concurrency = 1;

  constructor(
    private readonly transport: MailTransport,
    private readonly tasks: Tasks,
    events: DomainEvents,
  ) {
    super();
    tasks.register(this);
    events.on('user.deleted', (em, { userId }) => this.#request(em, userId));
  }

  override async run({ mailIds }: TaskData): Promise<void> {
    await this.transport.forget(String(mailIds).split(','));
  }

  async #request(em: EntityManager, userId: string): Promise<void> {
    const rows = await em.execute<{ id: string }[]>('select id from outgoing_mails where user_id = ?', [userId]);
    for (let start = 0; start < rows.length; start += IDS_PER_TASK) {
      const mailIds = rows
        .slice(start, start + IDS_PER_TASK)
        .map(({ id }) => id)
        .join(',');
      await this.tasks.add(em, KIND, { mailIds });
    }
  }
}
