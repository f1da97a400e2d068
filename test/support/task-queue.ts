import type { Database } from '../../src/persistence/database.ts';

/** States of all tasks of a kind, oldest first. */
export async function taskStates(database: Database, kind: string): Promise<string[]> {
  const rows = await database.read((em) =>
    em.execute<{ state: string }[]>('select state from pgboss.job where name = ? order by created_on, id', [kind]),
  );
  return rows.map(({ state }) => state);
}

/** Lets the pause before the next try of every task of a kind be over. @returns the longest one, in seconds from the last try */
export async function makeTasksDue(database: Database, kind: string): Promise<number> {
  return database.transaction(async (em) => {
    const [row] = await em.execute<{ pause: number }[]>(
      `select extract(epoch from max(start_after - started_on))::float as pause from pgboss.job
       where name = ? and state = 'retry'`,
      [kind],
    );
    await em.execute("update pgboss.job set start_after = now() where name = ? and state = 'retry'", [kind]);
    return row?.pause ?? 0;
  });
}
