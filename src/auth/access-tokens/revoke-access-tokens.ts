import type { EntityManager } from '@mikro-orm/postgresql';

/**
 * Deletes every personal access token of an account: after a deactivation or a password reset nothing that was made
 * before opens it, whoever made it.
 */
export async function revokeAccessTokens(em: EntityManager, userId: string): Promise<void> {
  await em.execute('delete from access_tokens where user_id = ?', [userId]);
}
