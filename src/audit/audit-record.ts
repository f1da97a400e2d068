import { createHmac } from 'node:crypto';
import type { AuditAction, AuditActions } from './audit-actions.ts';

/** How an audited action ended. */
export type AuditOutcome = 'success' | 'failure' | 'denied';

/** What an action reports; where and when it happened is added by the trail. Each action has the target and details of its row. */
export type AuditRecord<Action extends AuditAction = AuditAction> = {
  [Each in Action]: Occurrence<Each> & About<AuditActions[Each]['target']> & Saying<AuditActions[Each]['details']>;
}[Action];

interface Occurrence<Action> {
  /** Who; null when nobody is known (a failed login of an unknown address, the server itself). */
  readonly actorId: string | null;
  readonly action: Action;
  readonly outcome: AuditOutcome;
}

/** The identifier of a target is an id, a file id or a route template; never a name, path, address or content. */
type About<Target> = [Target] extends [never]
  ? { readonly targetType?: never; readonly targetId?: never }
  : null extends Target
    ? { readonly targetType?: NonNullable<Target>; readonly targetId?: string }
    : { readonly targetType: Target; readonly targetId?: string };

type Saying<Details> = [Details] extends [never]
  ? { readonly details?: never }
  : Partial<Details> extends Details
    ? { readonly details?: Readonly<Details> }
    : { readonly details: Readonly<Details> };

/** The fields of a stored event that its mac covers, in this order. */
export interface ChainedEvent {
  readonly sequence: number;
  readonly occurredAt: Date;
  readonly actorId: string | null;
  readonly action: string;
  readonly outcome: string;
  readonly targetType: string | null;
  readonly targetId: string | null;
  readonly address: string | null;
  readonly requestId: string | null;
  readonly details: Readonly<Record<string, string | number | boolean>>;
  readonly keyId: string;
}

/**
 * Mac of one event: HMAC-SHA-256 (RFC 2104) over all its fields and the mac of the event before, so that a change,
 * an insertion, a removal or a swap breaks the chain at the first row it touches.
 *
 * @returns 64 hex digits
 */
export function chainMac(key: Buffer, previousMac: string, event: ChainedEvent): string {
  const details = Object.entries(event.details).sort(([a], [b]) => (a < b ? -1 : 1));
  const fields = [
    previousMac,
    event.sequence,
    event.occurredAt.toISOString(),
    event.actorId,
    event.action,
    event.outcome,
    event.targetType,
    event.targetId,
    event.address,
    event.requestId,
    details,
    event.keyId,
  ];
  return createHmac('sha256', key).update(JSON.stringify(fields)).digest('hex');
}
