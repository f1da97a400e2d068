import { defineEntity, p } from '@mikro-orm/postgresql';

const AuditEventSchema = defineEntity({
  name: 'AuditEvent',
  tableName: 'audit_events',
  properties: {
    /** Position in the chain, from 1, without gaps. */
    sequence: p.bigint('number').primary().autoincrement(false),
    occurredAt: p.datetime(3),
    /** Who; no foreign key, because the trail outlives the account. */
    actorId: p.uuid().nullable().index(),
    action: p.string().length(64).index(),
    outcome: p.string().length(16),
    targetType: p.string().length(32).nullable(),
    targetId: p.string().length(128).nullable().index(),
    address: p.string().length(64).nullable(),
    requestId: p.string().length(128).nullable().index(),
    /** Identifiers, counts and codes; never content, names or addresses of people. */
    details: p.json<Record<string, string | number | boolean>>(),
    keyId: p.string().length(32),
    /** HMAC-SHA256 over this row and the mac of the row before, in hex. */
    mac: p.string().length(64),
  },
});

/** One row of the append-only audit trail. */
export class AuditEvent extends AuditEventSchema.class {}
AuditEventSchema.setClass(AuditEvent);

const AuditHeadSchema = defineEntity({
  name: 'AuditHead',
  tableName: 'audit_head',
  properties: {
    id: p.smallint().primary().autoincrement(false),
    sequence: p.bigint('number'),
    mac: p.string().length(64),
  },
});

/** The end of the chain: one row, locked while an event is appended. */
export class AuditHead extends AuditHeadSchema.class {}
AuditHeadSchema.setClass(AuditHead);
