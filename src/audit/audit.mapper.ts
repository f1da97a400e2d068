import type { AuditEvent } from './audit-event.entity.ts';
import type { AuditEventDocument, AuditVerdictDocument } from './audit.dto.ts';
import type { AuditVerdict } from './audit-verifier.ts';

/** An event as administrators see it. */
export function auditEventDocument(event: AuditEvent): AuditEventDocument {
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
export function auditVerdictDocument({ isIntact, checked, fault }: AuditVerdict): AuditVerdictDocument {
  return {
    is_intact: isIntact,
    checked,
    ...(fault !== undefined && { first_bad_sequence: fault.firstBadSequence, reason: fault.reason }),
  };
}
