import type { EntityManager } from '@mikro-orm/postgresql';
import { dropText } from './index-sequence.ts';

/** Marks documents as removed and takes their text out of the index. */
export async function removeDocuments(em: EntityManager, userId: string, ids: readonly string[]): Promise<void> {
  await dropText(em, userId, ids);
  await em.execute(
    `update documents set state = 'removed', state_reason = null, retry_at = null, attempts = 0
     where user_id = ? and id in (select value::uuid from jsonb_array_elements_text(?::jsonb))`,
    [userId, JSON.stringify(ids)],
  );
}
