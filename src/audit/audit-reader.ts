import { Injectable } from '@nestjs/common';
import type { FilterQuery } from '@mikro-orm/postgresql';
import type { Principal } from '../access/principal.ts';
import { Database } from '../persistence/database.ts';
import { DomainError } from '../problem/domain-error.ts';
import { AuditCheckpoints } from './audit-checkpoints.ts';
import { AuditEvent } from './audit-event.entity.ts';
import type { AuditOutcome } from './audit-record.ts';
import { AuditTrail } from './audit-trail.ts';

/** Which events; undefined leaves a filter out. */
export interface AuditFilter {
  readonly action: string | undefined;
  readonly actorId: string | undefined;
  readonly outcome: AuditOutcome | undefined;
  readonly targetType: string | undefined;
  readonly targetId: string | undefined;
  readonly requestId: string | undefined;
  /** Earliest time, inclusive. */
  readonly from: Date | undefined;
  /** Latest time, exclusive. */
  readonly to: Date | undefined;
}

/** Which page: at most `limit` events that are older than `before`. */
export interface AuditPageRequest {
  readonly filter: AuditFilter;
  readonly limit: number;
  readonly before: number | undefined;
}

/** One page, the newest event first. */
export interface AuditPage {
  readonly events: readonly AuditEvent[];
  /** Sequence that the next page is `before`; null when nothing follows. */
  readonly nextBefore: number | null;
}

const EVENTS_PER_READ = 1000;

/** Lets administrators read the trail; to read it is an event itself. */
@Injectable()
export class AuditReader {
  constructor(
    private readonly database: Database,
    private readonly trail: AuditTrail,
    private readonly checkpoints: AuditCheckpoints,
  ) {}

  async page(principal: Principal, { filter, limit, before }: AuditPageRequest): Promise<AuditPage> {
    return this.database.transaction(async (em) => {
      const found = await em.find(AuditEvent, conditions(filter, before), {
        orderBy: { sequence: 'desc' },
        limit: limit + 1,
      });
      const events = found.slice(0, limit);
      await this.trail.append(em, {
        actorId: principal.userId,
        action: 'audit.read',
        outcome: 'success',
        details: { count: events.length },
      });
      return { events, nextBefore: found.length > limit ? (events.at(-1)?.sequence ?? null) : null };
    });
  }

  /**
   * All events up to now that a filter lets through, the oldest first, in bounded pieces: the next piece is read when
   * it is asked for.
   */
  async export(
    principal: Principal,
    filter: AuditFilter,
    format: string,
  ): Promise<AsyncGenerator<readonly AuditEvent[]>> {
    const end = await this.database.transaction(async (em) => {
      const record = { actorId: principal.userId, action: 'audit.export', outcome: 'success' } as const;
      await this.trail.append(em, { ...record, details: { format } });
      const [head] = await em.execute<{ sequence: string }[]>('select sequence from audit_head where id = 1');
      return Number(head?.sequence ?? 0);
    });
    await this.#keepEnd();
    return this.#pieces(filter, end);
  }

  /** Nobody may take back unseen what an export is going to say. */
  async #keepEnd(): Promise<void> {
    try {
      await this.checkpoints.takeCheckpoint();
    } catch (error) {
      throw new DomainError('audit-unavailable', { cause: error });
    }
  }

  async *#pieces(filter: AuditFilter, end: number): AsyncGenerator<readonly AuditEvent[]> {
    let after = 0;
    while (after < end) {
      const place = { sequence: { $gt: after, $lte: end } };
      const piece = await this.database.read((em) =>
        em.find(
          AuditEvent,
          { $and: [conditions(filter, undefined), place] },
          { orderBy: { sequence: 'asc' }, limit: EVENTS_PER_READ },
        ),
      );
      if (piece.length > 0) yield piece;
      after = piece.length < EVENTS_PER_READ ? end : (piece.at(-1)?.sequence ?? end);
    }
  }
}

function conditions(filter: AuditFilter, before: number | undefined): FilterQuery<AuditEvent> {
  const { action, actorId, outcome, targetType, targetId, requestId, from, to } = filter;
  const time = { ...(from !== undefined && { $gte: from }), ...(to !== undefined && { $lt: to }) };
  return {
    ...(action !== undefined && { action }),
    ...(actorId !== undefined && { actorId }),
    ...(outcome !== undefined && { outcome }),
    ...(targetType !== undefined && { targetType }),
    ...(targetId !== undefined && { targetId }),
    ...(requestId !== undefined && { requestId }),
    ...(before !== undefined && { sequence: { $lt: before } }),
    ...(Object.keys(time).length > 0 && { occurredAt: time }),
  };
}
