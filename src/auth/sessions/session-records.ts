import type { EntityManager } from '@mikro-orm/postgresql';

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
