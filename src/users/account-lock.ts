import type { EntityManager } from '@mikro-orm/postgresql';

/**
 * Locks accounts together with every active administrator, in one order for everybody: whatever administrators do to
 * each other and to themselves at the same time happens one after another.
 */
export async function lockWithAdministrators(em: EntityManager, ...userIds: string[]): Promise<void> {
  await em.execute(
    `select 1 from users where id in (${userIds.map(() => '?').join(', ')}) or (is_admin and is_active)
     order by id for update`,
    userIds,
  );
}

/** True when no other account could administer the server; the caller has locked the administrators. */
export async function isLastAdministrator(em: EntityManager, userId: string): Promise<boolean> {
  const rows = await em.execute<{ id: string }[]>('select id from users where is_admin and is_active');
  return rows.length === 1 && rows[0]?.id === userId;
}
