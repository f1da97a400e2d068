import { Injectable, Logger } from '@nestjs/common';
import { TaskHandler } from '../jobs/task-handler.port.ts';
import { Tasks } from '../jobs/tasks.ts';
import { Database } from '../persistence/database.ts';
import { MailTransport } from './mail-transport.port.ts';

const EVERY_SECONDS = 3600;
/** Longer than a delivery is tried. */
const UNDELIVERED = "interval '3 days'";
const KEPT_DAYS = 30;

interface GivenUp {
  readonly id: string;
}

/** Gives up messages that nobody tries to deliver any more, and forgets that old ones existed. */
@Injectable()
export class MailCleanup extends TaskHandler {
  override readonly kind = 'mail-cleanup';
  override readonly concurrency = 1;
  override readonly everySeconds = EVERY_SECONDS;
  readonly #log = new Logger('Mail');

  constructor(
    private readonly database: Database,
    private readonly transport: MailTransport,
    tasks: Tasks,
  ) {
    super();
    tasks.register(this);
  }

  override async run(): Promise<void> {
    const givenUp = await this.database.transaction(async (em) => {
      await em.execute(
        `delete from outgoing_mails where state <> 'queued' and created_at < now() - interval '${KEPT_DAYS} days'`,
      );
      return em.execute<GivenUp[]>(
        `update outgoing_mails set state = 'failed', sealed_content = ''
         where state = 'queued' and created_at < now() - ${UNDELIVERED} returning id`,
      );
    });
    await this.transport.forgetOld(KEPT_DAYS);
    if (givenUp.length > 0) this.#log.warn({ count: givenUp.length }, 'Messages were not delivered in time');
  }
}
