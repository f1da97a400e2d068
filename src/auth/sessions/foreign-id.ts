import type { EntityManager } from '@mikro-orm/postgresql';
import type { Principal } from '../../access/principal.ts';
import type { AuditTrail } from '../../audit/audit-trail.ts';

const TARGET_TYPES = { sessions: 'session', access_tokens: 'access-token' } as const;

/** An id that is none of the user's own. */
export interface UnknownId {
  readonly principal: Principal;
  readonly table: keyof typeof TARGET_TYPES;
  readonly id: string;
}

/** Records who named the id of somebody else; the answer is the same 404 as for an id that nobody has. */
export async function recordForeignId(
  em: EntityManager,
  trail: AuditTrail,
  { principal, table, id }: UnknownId,
): Promise<void> {
  const rows = await em.execute<unknown[]>(`select 1 from "${table}" where id = ? and user_id <> ?`, [
    id,
    principal.userId,
  ]);
  if (rows.length === 0) return;
  await trail.append(em, {
    actorId: principal.userId,
    action: 'access.denied',
    outcome: 'denied',
    targetType: TARGET_TYPES[table],
    targetId: id,
  });
}
