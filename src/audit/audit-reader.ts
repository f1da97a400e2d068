import { Injectable } from '@nestjs/common';
import type { FilterQuery } from '@mikro-orm/postgresql';
import type { Principal } from '../access/principal.ts';
import { Database } from '../persistence/database.ts';
import { AuditEvent } from './audit-event.entity.ts';
import type { AuditOutcome } from './audit-record.ts';
import { AuditTrail } from './audit-trail.ts';

/** Which events; undefined leaves a filter out. */
export interface AuditFilter {
  readonly action: string | undefined;
  readonly actorId: string | undefined;
  readonly outcome: AuditOutcome | undefined;
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

/** Lets administrators read the trail; to read it is an event itself. */
@Injectable()
export class AuditReader {
  readonly #database: Database;
  readonly #trail: AuditTrail;

  constructor(database: Database, trail: AuditTrail) {
    this.#database = database;
    this.#trail = trail;
  }

  async page(principal: Principal, { filter, limit, before }: AuditPageRequest): Promise<AuditPage> {
    return this.#database.transaction(async (em) => {
      const found = await em.find(AuditEvent, conditions(filter, before), {
        orderBy: { sequence: 'desc' },
        limit: limit + 1,
      });
      const events = found.slice(0, limit);
      await this.#trail.append(em, {
        actorId: principal.userId,
        action: 'audit.read',
        outcome: 'success',
        details: { count: events.length },
      });
      return { events, nextBefore: found.length > limit ? (events.at(-1)?.sequence ?? null) : null };
    });
  }
}

function conditions(
  { action, actorId, outcome, from, to }: AuditFilter,
  before: number | undefined,
): FilterQuery<AuditEvent> {
  const time = { ...(from !== undefined && { $gte: from }), ...(to !== undefined && { $lt: to }) };
  return {
    ...(action !== undefined && { action }),
    ...(actorId !== undefined && { actorId }),
    ...(outcome !== undefined && { outcome }),
    ...(before !== undefined && { sequence: { $lt: before } }),
    ...(Object.keys(time).length > 0 && { occurredAt: time }),
  };
}
