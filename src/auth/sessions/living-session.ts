import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import { DomainError } from '../../problem/domain-error.ts';

/**
 * Locks the account of a request and checks once more that its session is active: what ends all sessions of an
 * account (a reset, a deactivation) locks it as well, and nothing that the session began before may outlive that.
 *
 * @throws DomainError `unauthenticated`
 */
export async function lockLivingSession(em: EntityManager, principal: SessionPrincipal): Promise<void> {
  await em.execute('select 1 from users where id = ? for update', [principal.userId]);
  const rows = await em.execute<unknown[]>(
    `select 1 from sessions s join users u on u.id = s.user_id
     where s.id = ? and u.id = ? and u.is_active and s.ended_at is null
       and (u.sessions_not_before is null or s.created_at >= u.sessions_not_before)`,
    [principal.sessionId, principal.userId],
  );
  if (rows.length === 0) throw new DomainError('unauthenticated');
}
