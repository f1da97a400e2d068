import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditEvent } from '../audit/audit-event.entity.ts';
import { Counters } from '../ephemeral/counters.port.ts';
import { TaskHandler, type TaskData } from '../jobs/task-handler.port.ts';
import { Metrics } from '../metrics/metrics.ts';
import { Notifier } from '../notifications/notifier.ts';
import { Database } from '../persistence/database.ts';
import { User } from '../users/user.entity.ts';
import { alertKindOf, ALERTS, type AlertKind } from './alert-kinds.ts';

/** Kind and queue of the task that tells of one event. */
export const ALERT = 'alert';

const HOUR_MS = 60 * 60 * 1000;

/** Tells of one audit event: a line in the log, a counter, and a mail to each active administrator, one per kind and hour. */
@Injectable()
export class AlertTask extends TaskHandler {
  override readonly kind = ALERT;
  override readonly concurrency = 1;
  readonly #log = new Logger('Alerts');

  constructor(
    private readonly database: Database,
    private readonly counters: Counters,
    private readonly notifier: Notifier,
    private readonly metrics: Metrics,
  ) {
    super();
  }

  override async run({ sequence }: TaskData): Promise<void> {
    const event = await this.database.read((em) => em.findOne(AuditEvent, { sequence: Number(sequence) }));
    const kind = event && alertKindOf(event);
    if (event === null || kind === null) return;
    await this.#write(kind, event);
    this.metrics.alerted(kind);
    this.#log.warn(
      {
        alert: kind,
        auditSequence: event.sequence,
        action: event.action,
        actorId: event.actorId,
        targetId: event.targetId,
        requestId: event.requestId,
      },
      ALERTS[kind],
    );
  }

  async #write(kind: AlertKind, event: AuditEvent): Promise<void> {
    const counted: string[] = [];
    try {
      await this.database.transaction(async (em) => {
        const admins = await em.find(User, { isAdmin: true, isActive: true }, { orderBy: { id: 'asc' } });
        for (const admin of admins) {
          const key = `alert:${kind}:${admin.id}`;
          const { count } = await this.counters.add(key, { windowMs: HOUR_MS, by: 1 });
          counted.push(key);
          if (count === 1) await this.#notify(em, admin, { kind, event });
        }
      });
    } catch (error) {
      // Nothing was queued: the next try must not take the hour for used.
      for (const key of counted) await this.counters.add(key, { windowMs: HOUR_MS, by: -1 });
      throw error;
    }
    this.notifier.wake();
  }

  async #notify(
    em: EntityManager,
    { id, email }: User,
    { kind, event }: { readonly kind: AlertKind; readonly event: AuditEvent },
  ): Promise<void> {
    const reference = `event ${event.sequence} of ${event.occurredAt.toISOString()}`;
    await this.notifier.queue(em, {
      userId: id,
      to: email,
      template: 'admin-alert',
      values: { event: ALERTS[kind], reference },
    });
  }
}
