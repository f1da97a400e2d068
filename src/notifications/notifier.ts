import { randomUUIDv7 } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Tasks } from '../jobs/tasks.ts';
import { Sealer } from '../secrets/sealer.ts';

/** Kind and queue of the task that delivers one message. */
export const DELIVERY = 'mail-delivery';
export const SEALED_FIELD = 'outgoing_mails.sealed_content';

/** Every message that the server writes; each has a file in `templates/`. */
export type TemplateName =
  | 'email-verification'
  | 'account-exists'
  | 'password-reset'
  | 'password-changed'
  | 'email-change-confirmation'
  | 'email-change-requested'
  | 'email-changed'
  | 'invitation'
  | 'token-reuse'
  | 'second-factor-changed'
  | 'identity-linked'
  | 'access-token-created'
  | 'admin-alert';

/** A message to a user. */
export interface Notification {
  /** Whose message it is; it goes when the account goes. */
  readonly userId: string;
  /** Address it is sent to. */
  readonly to: string;
  readonly template: TemplateName;
  /** What the template fills in. */
  readonly values: Readonly<Record<string, string>>;
}

/** Writes to users. */
@Injectable()
export class Notifier {
  readonly #sealer: Sealer;
  readonly #tasks: Tasks;

  constructor(sealer: Sealer, tasks: Tasks) {
    this.#sealer = sealer;
    this.#tasks = tasks;
  }

  /** Queues a message in the transaction of `em`: it is sent if and only if the transaction commits. */
  async queue(em: EntityManager, { userId, to, template, values }: Notification): Promise<void> {
    const id = randomUUIDv7();
    const content = await this.#sealer.seal(em, JSON.stringify({ to, values }), {
      ownerId: userId,
      field: SEALED_FIELD,
    });
    await em.execute(
      `insert into outgoing_mails (id, user_id, template, sealed_content, state) values (?, ?, ?, ?, 'queued')`,
      [id, userId, template, content],
    );
    await this.#tasks.add(em, DELIVERY, { mailId: id });
  }
}
