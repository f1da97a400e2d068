import { IsIn, IsInt, IsISO8601, IsUUID, Matches, Max, Min } from 'class-validator';
import type { AuditEvent } from './audit-event.entity.ts';
import type { AuditFilter } from './audit-reader.ts';
import type { AuditVerdict } from './audit-verifier.ts';
import { MayBeAbsent, WholeNumber } from '../validation/members.ts';

const OUTCOMES = ['success', 'failure', 'denied'] as const;
// RFC 3339 section 5.6, with an offset: a time without one would mean another moment on another server.
const RFC_3339 = /^(19|2\d)\d{2}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-](0\d|1[0-4]):[0-5]\d)$/;
const TIME_RULE = { message: '$property must be an RFC 3339 time with an offset' };

const FORMATS = ['csv', 'jsonl'] as const;

/** How an export is written. */
export type AuditFormat = (typeof FORMATS)[number];

/** Which events of the audit trail. */
export class AuditFilterQuery {
  /**
   * Only this action.
   * @example "session.login"
   */
  @MayBeAbsent()
  @Matches(/^[a-z-]{1,32}\.[a-z-]{1,31}$/, { message: '$property must be an action like session.login' })
  action?: string;

  /** Only what this account did. */
  @MayBeAbsent()
  @IsUUID()
  actor_id?: string;

  /** Only events that ended so. */
  @MayBeAbsent()
  @IsIn(OUTCOMES)
  outcome?: (typeof OUTCOMES)[number];

  /**
   * Only events about this kind of thing.
   * @example "user"
   */
  @MayBeAbsent()
  @Matches(/^[a-z-]{1,32}$/, { message: '$property must be a kind of target like user' })
  target_type?: string;

  /** Only events about this thing: an id, or for denials a method and a route template. */
  @MayBeAbsent()
  @Matches(/^[\x20-\x7e]{1,128}$/, { message: '$property must be an identifier of at most 128 characters' })
  target_id?: string;

  /** Only events of the request with this X-Request-ID, or of the job with this id. */
  @MayBeAbsent()
  @Matches(/^[A-Za-z0-9._-]{1,64}$/, { message: '$property must be a request id' })
  request_id?: string;

  /**
   * Earliest time, inclusive (RFC 3339).
   * @example "2026-11-22T00:00:00Z"
   */
  @MayBeAbsent()
  @IsISO8601({ strict: true, strictSeparator: true }, TIME_RULE)
  @Matches(RFC_3339, TIME_RULE)
  from?: string;

  /**
   * Latest time, exclusive (RFC 3339).
   * @example "2026-11-23T00:00:00Z"
   */
  @MayBeAbsent()
  @IsISO8601({ strict: true, strictSeparator: true }, TIME_RULE)
  @Matches(RFC_3339, TIME_RULE)
  to?: string;
}

/** Which events, and which page of them, the newest first. */
export class AuditQuery extends AuditFilterQuery {
  /**
   * Events per page, 1 to 100; 50 unless given.
   * @example 20
   */
  @MayBeAbsent()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;

  /** `next_cursor` of the page before. */
  @MayBeAbsent()
  @Matches(/^[1-9]\d{0,14}$/, { message: '$property must be a next_cursor of this list' })
  cursor?: string;
}

/** Which events, and how they are written. */
export class AuditExportQuery extends AuditFilterQuery {
  /**
   * csv unless given.
   * @example "csv"
   */
  @MayBeAbsent()
  @IsIn(FORMATS)
  format?: AuditFormat;
}

/** One event of the audit trail. */
export class AuditEventResponse {
  /**
   * Position in the trail, from 1, without gaps.
   * @example 42
   */
  sequence!: number;

  /**
   * RFC 3339, UTC.
   * @example "2026-11-22T10:00:00.000Z"
   */
  occurred_at!: string;

  /** Account that acted; null when nobody is known. */
  actor_id!: string | null;

  /** @example "session.login" */
  action!: string;

  /** @example "success" */
  outcome!: string;

  /** @example "session" */
  target_type!: string | null;

  /** Identifier of the target. */
  target_id!: string | null;

  /**
   * Address of the client.
   * @example "192.0.2.7"
   */
  address!: string | null;

  /** X-Request-ID of the request. */
  request_id!: string | null;

  /** Codes, counts and identifiers; never content. */
  details!: Record<string, string | number | boolean>;
}

/** One page of the audit trail. */
export class AuditPageResponse {
  /** The newest first. */
  events!: AuditEventResponse[];

  /** Pass it as `cursor` to read on; null on the last page. */
  next_cursor!: string | null;
}

/** What a check of the audit trail found. */
export class AuditVerdictResponse {
  /** true when no row was changed, added, removed or reordered. */
  is_intact!: boolean;

  /**
   * Rows that are right, from the first on.
   * @example 1204
   */
  checked!: number;

  /**
   * Sequence of the first row that is missing, changed or not to be trusted.
   * @example 17
   */
  first_bad_sequence?: number;

  /**
   * row-missing, mac-mismatch, unknown-key, head-mismatch, anchor-mismatch or newest-rows-removed.
   * @example "mac-mismatch"
   */
  reason?: string;
}

/** An event as administrators see it. */
export function auditEventResponse(event: AuditEvent): AuditEventResponse {
  return {
    sequence: event.sequence,
    occurred_at: event.occurredAt.toISOString(),
    actor_id: event.actorId ?? null,
    action: event.action,
    outcome: event.outcome,
    target_type: event.targetType ?? null,
    target_id: event.targetId ?? null,
    address: event.address ?? null,
    request_id: event.requestId ?? null,
    details: event.details,
  };
}

/** The outcome of a check of the trail. */
export function auditVerdictResponse({ isIntact, checked, fault }: AuditVerdict): AuditVerdictResponse {
  return {
    is_intact: isIntact,
    checked,
    ...(fault !== undefined && { first_bad_sequence: fault.firstBadSequence, reason: fault.reason }),
  };
}

/** The filter that a request asks for. */
export function auditFilter(query: AuditFilterQuery): AuditFilter {
  return {
    action: query.action,
    actorId: query.actor_id,
    outcome: query.outcome,
    targetType: query.target_type,
    targetId: query.target_id,
    requestId: query.request_id,
    from: query.from === undefined ? undefined : new Date(query.from),
    to: query.to === undefined ? undefined : new Date(query.to),
  };
}
