import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { TaskHandler, type TaskData } from '../jobs/task-handler.port.ts';
import { Tasks } from '../jobs/tasks.ts';
import { Database } from '../persistence/database.ts';
import { UnsealError } from '../secrets/aes-gcm.ts';
import { Sealer } from '../secrets/sealer.ts';
import { MailTransport } from './mail-transport.port.ts';
import { DELIVERY, SEALED_FIELD, type QueuedContent } from './notifier.ts';
import { renderMail } from './render-mail.ts';
import type { MailContent, TemplateName } from './templates/template.types.ts';
import { TEMPLATES } from './templates/templates.ts';

interface MailRow {
  readonly user_id: string;
  readonly template: TemplateName;
  readonly sealed_content: string;
}

/** A queued message as it was found. */
type FoundMail =
  { readonly template: TemplateName; readonly content: QueuedContent } | 'nothing-to-send' | 'unreadable';

/**
 * Delivers one message, at least once: between the moment when the mail server takes it and the one when that is
 * stored this process may die. No connection to the database is held while the mail server is talked to.
 */
@Injectable()
export class MailDelivery extends TaskHandler {
  override readonly kind = DELIVERY;
  override readonly concurrency = 2;
  readonly #log = new Logger('Mail');

  constructor(
    private readonly database: Database,
    private readonly sealer: Sealer,
    private readonly transport: MailTransport,
    tasks: Tasks,
  ) {
    super();
    tasks.register(this);
  }

  override async run(data: TaskData): Promise<void> {
    const mailId = String(data['mailId']);
    const found = await this.database.transaction((em) => this.#find(em, mailId));
    if (found === 'nothing-to-send') return;
    if (found === 'unreadable') return this.#conclude(mailId, 'failed');
    const { to, values, occasion } = found.content;
    // Rows are written by Notifier alone, which gives each template its own values.
    const template = TEMPLATES[found.template] as (values: QueuedContent['values']) => MailContent;
    const delivery = await this.transport.deliver({ id: mailId, to, ...renderMail(template(values), occasion) });
    await this.#conclude(mailId, delivery === 'accepted' ? 'sent' : 'failed');
  }

  async #find(em: EntityManager, mailId: string): Promise<FoundMail> {
    const [row] = await em.execute<MailRow[]>(
      `select user_id, template, sealed_content from outgoing_mails where id = ? and state = 'queued'`,
      [mailId],
    );
    if (row === undefined) return 'nothing-to-send';
    try {
      const text = await this.sealer.unseal(em, row.sealed_content, { ownerId: row.user_id, field: SEALED_FIELD });
      return { template: row.template, content: JSON.parse(text) as QueuedContent };
    } catch (error) {
      // The key of its owner was erased: nobody will ever read it.
      if (error instanceof UnsealError) return 'unreadable';
      throw error;
    }
  }

  async #conclude(mailId: string, state: 'sent' | 'failed'): Promise<void> {
    if (state === 'failed') this.#log.warn({ mailId }, 'A message cannot be delivered and is given up');
    await this.database.transaction((em) =>
      em.execute(
        `update outgoing_mails set state = ?, sealed_content = '', sent_at = case when ? then clock_timestamp() end
         where id = ? and state = 'queued'`,
        [state, state === 'sent', mailId],
      ),
    );
  }
}
