import { Injectable, Logger } from '@nestjs/common';
import { Counters } from '../ephemeral/counters.port.ts';
import { failureForLog } from '../problem/failure-for-log.ts';
import type { AuditRecord } from './audit-record.ts';
import { AuditTrail } from './audit-trail.ts';

const WINDOW_MS = 60_000;

/** Refusals that anybody can cause, or that come again with every retry: one row a minute says it. */
@Injectable()
export class RepeatedRefusals {
  readonly #log = new Logger('Audit');

  constructor(
    private readonly trail: AuditTrail,
    private readonly counters: Counters,
  ) {}

  /**
   * Records a refusal unless one of the same action, target and key was within the last minute. Never rejects: what was
   * refused stays refused, whether or not it can be recorded.
   */
  async record(record: AuditRecord, key: string): Promise<void> {
    const name = `refusal:${record.action}:${record.targetId ?? ''}:${key}`;
    try {
      const { count } = await this.counters.add(name, { windowMs: WINDOW_MS, by: 1 });
      if (count === 1) await this.trail.record(record);
    } catch (error) {
      this.#log.warn({ action: record.action, ...failureForLog(error) }, 'A refusal could not be recorded');
    }
  }
}
