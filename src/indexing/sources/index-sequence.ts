import type { EntityManager } from '@mikro-orm/postgresql';

/**
 * Takes the next positions in a user's stream of index changes. The head stays locked until the transaction ends, so
 * positions become visible in their order; lock documents before, never after.
 *
 * @returns the first of `count` positions
 */
export async function takeSequences(em: EntityManager, userId: string, count: number): Promise<number> {
  const [head] = await em.execute<{ sequence: string }[]>(
    `insert into index_heads as h (user_id, sequence) values (?, ?)
     on conflict (user_id) do update set sequence = h.sequence + excluded.sequence returning sequence`,
    [userId, count],
  );
  if (head === undefined) throw new Error('The index head was not written');
  return Number(head.sequence) - count + 1;
}

/** Takes documents out of the index: their text goes, and the change is put into the stream. */
export async function dropText(em: EntityManager, userId: string, documentIds: readonly string[]): Promise<void> {
  if (documentIds.length === 0) return;
  const ids = JSON.stringify(documentIds);
  await em.execute(
    `delete from document_revisions where document_id in (select value::uuid from jsonb_array_elements_text(?::jsonb))`,
    [ids],
  );
  const first = await takeSequences(em, userId, documentIds.length);
  await em.execute(
    `update documents d set revision_id = null, indexed_by = null, updated_at = now(),
       index_sequence = ?::bigint + e.place - 1
     from jsonb_array_elements_text(?::jsonb) with ordinality as e(id, place)
     where d.id = e.id::uuid and d.user_id = ?`,
    [first, ids, userId],
  );
}
