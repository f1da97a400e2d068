import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { TaskHandler, type TaskData } from '../../jobs/task-handler.port.ts';
import { Tasks } from '../../jobs/tasks.ts';
import { Notifier } from '../../notifications/notifier.ts';
import { Database } from '../../persistence/database.ts';
import type { User } from '../../users/user.entity.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { AccountLinks } from './account-links.ts';
import { ACCOUNT_MAIL, type AccountMailKind } from './account-mails.ts';

/** Makes the link of a message that was asked for and queues the message. Run twice, the newer link is the good one. */
@Injectable()
export class AccountMailTask extends TaskHandler {
  override readonly kind = ACCOUNT_MAIL;
  override readonly concurrency = 1;

  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly links: AccountLinks,
    private readonly notifier: Notifier,
    tasks: Tasks,
  ) {
    super();
    tasks.register(this);
  }

  override async run(data: TaskData): Promise<void> {
    const kind = data['kind'] as AccountMailKind;
    await this.database.transaction(async (em) => {
      const user = await this.users.findLocked(em, String(data['userId']));
      if (user?.isActive === true && isWanted(kind, user)) await this.#write(em, kind, user);
    });
    this.notifier.wake();
  }

  async #write(em: EntityManager, kind: AccountMailKind, user: User): Promise<void> {
    const message = { userId: user.id, to: user.email };
    if (kind === 'account-exists') {
      const values = { link: this.links.page('forgot-password') };
      await this.notifier.queue(em, { ...message, template: kind, values });
      return;
    }
    const { link, goodUntil } = await this.links.make(em, kind, user);
    await this.notifier.queue(em, { ...message, template: kind, values: { link, goodUntil } });
  }
}

/** An account without a password is opened by its invitation or by its issuer; a forgotten password is no way in. */
function isWanted(kind: AccountMailKind, { emailVerifiedAt, hashedPassword }: User): boolean {
  switch (kind) {
    case 'email-verification':
      return !emailVerifiedAt;
    case 'password-reset':
      return Boolean(hashedPassword);
    case 'invitation':
      return !hashedPassword;
    case 'account-exists':
      return true;
  }
}
