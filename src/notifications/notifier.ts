import { randomUUIDv7 } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { currentOrigin } from '../access/request-origin.ts';
import { MailConfig } from '../config/mail.config.ts';
import { HttpConfig } from '../config/http.config.ts';
import { Tasks } from '../jobs/tasks.ts';
import { DomainError } from '../problem/domain-error.ts';
import { Sealer } from '../secrets/sealer.ts';
import type { Occasion, TemplateName, TemplateValues } from './templates/template.types.ts';

/** Kind and queue of the task that delivers one message. */
export const DELIVERY = 'mail-delivery';
export const SEALED_FIELD = 'outgoing_mails.sealed_content';

/** A message to a user: each template with the values it fills in. */
export type Notification = {
  readonly [Name in TemplateName]: {
    /** The user who gets the message; it is deleted together with the account. */
    readonly userId: string;
    /** Address it is sent to. */
    readonly to: string;
    readonly template: Name;
    readonly values: TemplateValues[Name];
  };
}[TemplateName];

/** What is sealed until a message is sent. */
export interface QueuedContent {
  readonly to: string;
  readonly values: Readonly<Record<string, string>>;
  readonly occasion: Occasion;
}

/** Writes to users. */
@Injectable()
export class Notifier {
  readonly #canDeliver: boolean;

  constructor(
    private readonly sealer: Sealer,
    private readonly tasks: Tasks,
    mail: MailConfig,
    http: HttpConfig,
  ) {
    // In development messages are files; in production there is nobody to read them.
    this.#canDeliver = mail.isConfigured || !http.isProduction;
  }

  /** For operations that are of no use without mail. @throws DomainError `mail-not-configured` */
  requireDelivery(): void {
    if (!this.#canDeliver) throw new DomainError('mail-not-configured');
  }

  /**
   * Queues a message in the transaction of `em`: it is sent if and only if the transaction commits. Where this server
   * cannot send mail at all nothing is queued; notices are then only in the audit trail.
   */
  async queue(em: EntityManager, { userId, to, template, values }: Notification): Promise<void> {
    if (!this.#canDeliver) return;
    const id = randomUUIDv7();
    const occasion: Occasion = { at: new Date().toISOString(), address: currentOrigin().address };
    const content = await this.sealer.seal(em, JSON.stringify({ to, values, occasion }), {
      ownerId: userId,
      field: SEALED_FIELD,
    });
    await em.execute(
      `insert into outgoing_mails (id, user_id, template, sealed_content, state) values (?, ?, ?, ?, 'queued')`,
      [id, userId, template, content],
    );
    await this.tasks.add(em, DELIVERY, { mailId: id });
  }

  /** Starts the delivery of queued messages at once instead of at the next look; call it after the transaction. */
  wake(): void {
    this.tasks.wake(DELIVERY);
  }
}
