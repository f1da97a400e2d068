import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { currentOrigin } from '../access/request-origin.ts';
import { isDatabaseUnreachable } from '../persistence/database-failure.ts';
import { Database } from '../persistence/database.ts';
import { DomainError } from '../problem/domain-error.ts';
import { KeyRing } from '../secrets/key-ring.ts';
import { AuditEvent } from './audit-event.entity.ts';
import { chainMac, type AuditRecord, type ChainedEvent } from './audit-record.ts';

/** Sees events in the transaction that stores them. */
export type AuditObserver = (em: EntityManager, event: AuditEvent) => Promise<void>;

interface HeadRow {
  readonly sequence: string;
  readonly mac: string;
  readonly now: Date;
}

/** The append-only trail: who did what, when, from where, with which outcome. */
@Injectable()
export class AuditTrail {
  readonly #observers: AuditObserver[] = [];

  constructor(
    private readonly database: Database,
    private readonly ring: KeyRing,
  ) {}

  /** Registers who is told of every event; call it while the application starts. */
  observe(observer: AuditObserver): void {
    this.#observers.push(observer);
  }

  /** Appends events in a transaction of their own, for what changes no data: denials, failures, reads. */
  async record(...records: AuditRecord[]): Promise<void> {
    await this.database.transaction((em) => this.append(em, ...records));
  }

  /**
   * Appends events in the transaction of the change they tell of: both are stored or neither. Call it last, because
   * the head of the chain stays locked until the transaction ends.
   *
   * @throws DomainError `audit-unavailable` when the trail cannot be written; what is not recorded does not happen
   */
  async append(em: EntityManager, ...records: AuditRecord[]): Promise<void> {
    if (records.length === 0) return;
    // What the caller has changed fails under its own name.
    await em.flush();
    const events = await this.#store(em, records).catch((error: unknown) => {
      if (isDatabaseUnreachable(error)) throw error;
      throw new DomainError('audit-unavailable', { cause: error });
    });
    for (const event of events) for (const observer of this.#observers) await observer(em, event);
  }

  async #store(em: EntityManager, records: readonly AuditRecord[]): Promise<AuditEvent[]> {
    const [head] = await em.execute<HeadRow[]>(
      "select sequence, mac, date_trunc('milliseconds', clock_timestamp()) as now from audit_head where id = 1 for update",
    );
    if (head === undefined) throw new Error('The head of the audit chain is missing');
    const key = this.ring.current('audit');
    let { mac } = head;
    let sequence = Number(head.sequence);
    const events: AuditEvent[] = [];
    for (const record of records) {
      sequence += 1;
      const event = this.#event(record, sequence, new Date(head.now));
      mac = chainMac(key, mac, event);
      events.push(em.create(AuditEvent, { ...event, mac }));
    }
    await em.flush();
    await em.execute('update audit_head set sequence = ?, mac = ? where id = 1', [sequence, mac]);
    return events;
  }

  #event(record: AuditRecord, sequence: number, occurredAt: Date): ChainedEvent {
    const origin = currentOrigin();
    return {
      sequence,
      occurredAt,
      actorId: record.actorId,
      action: record.action,
      outcome: record.outcome,
      targetType: record.targetType ?? null,
      targetId: record.targetId ?? null,
      address: origin.address,
      requestId: origin.requestId,
      details: record.details ?? {},
      keyId: this.ring.currentId,
    };
  }
}
