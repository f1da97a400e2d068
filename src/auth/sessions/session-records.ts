import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import { DomainError } from '../../problem/domain-error.ts';

/** Why a session ended before its time. */
export type EndReason =
  | 'logout'
  | 'ended-by-user'
  | 'token-reuse'
  | 'password-change'
  | 'password-reset'
  | 'second-factor'
  | 'identity-removed'
  | 'provider-logout';

/** Ends one session for all processes at once; its refresh tokens are forgotten. A session that has ended stays as it is. */
export async function endSession(em: EntityManager, sessionId: string, reason: EndReason): Promise<void> {
  await em.execute(
    'update sessions set ended_at = clock_timestamp(), end_reason = ? where id = ? and ended_at is null',
    [reason, sessionId],
  );
  await em.execute('delete from refresh_tokens where session_id = ?', [sessionId]);
}

/** Ends every session of a user but one; every one when `sessionId` is null. */
export async function endOtherSessions(
  em: EntityManager,
  { userId, sessionId }: { readonly userId: string; readonly sessionId: string | null },
  reason: EndReason,
): Promise<void> {
  await em.execute(
    `update sessions set ended_at = clock_timestamp(), end_reason = ?
     where user_id = ? and id is distinct from ?::uuid and ended_at is null`,
    [reason, userId, sessionId],
  );
  await em.execute(
    `delete from refresh_tokens
     where session_id in (select id from sessions where user_id = ? and id is distinct from ?::uuid)`,
    [userId, sessionId],
  );
}

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
