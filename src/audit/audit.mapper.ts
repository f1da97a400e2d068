import type { AuditEvent } from './audit-event.entity.ts';
import { AUDIT_CSV_HEADER, auditCsvLine } from './audit-csv.ts';
import type { AuditFilter } from './audit-reader.ts';
import type { AuditEventResponse, AuditFilterQuery, AuditFormat, AuditVerdictResponse } from './audit.dto.ts';
import type { AuditVerdict } from './audit-verifier.ts';

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

/** Events as the text of an export, piece by piece. */
export async function* auditExportText(
  pieces: AsyncIterable<readonly AuditEvent[]>,
  format: AuditFormat,
): AsyncGenerator<string> {
  if (format === 'csv') yield AUDIT_CSV_HEADER;
  for await (const piece of pieces) {
    const documents = piece.map(auditEventResponse);
    const lines = documents.map((each) => (format === 'csv' ? auditCsvLine(each) : `${JSON.stringify(each)}\n`));
    yield lines.join('');
  }
}
