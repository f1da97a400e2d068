import type { EntityManager } from '@mikro-orm/postgresql';

/** Why a session ended before its time. */
export type EndReason = 'logout' | 'token-reuse' | 'password-change';

/** Ends one session for all processes at once; its refresh tokens are forgotten. A session that has ended stays as it is. */
export async function endSession(em: EntityManager, sessionId: string, reason: EndReason): Promise<void> {
  await em.execute(
    'update sessions set ended_at = clock_timestamp(), end_reason = ? where id = ? and ended_at is null',
    [reason, sessionId],
  );
  await em.execute('delete from refresh_tokens where session_id = ?', [sessionId]);
}

/** Ends every other session of a user. */
export async function endOtherSessions(
  em: EntityManager,
  { userId, sessionId }: { readonly userId: string; readonly sessionId: string },
): Promise<void> {
  await em.execute(
    `update sessions set ended_at = clock_timestamp(), end_reason = 'password-change'
     where user_id = ? and id <> ? and ended_at is null`,
    [userId, sessionId],
  );
  await em.execute(
    'delete from refresh_tokens where session_id in (select id from sessions where user_id = ? and id <> ?)',
    [userId, sessionId],
  );
}
