import type { TestApp } from './test-app.ts';

/** What every request may write: the audit trail. */
const TRAIL = ['audit_events', 'audit_head'];

/** What tasks of the server write and change at their own time: alerts about the trail, the state of a delivery. */
const COUNTED: Readonly<Record<string, string>> = {
  outgoing_mails: "where template <> 'admin-alert'",
  // A worker asks for open login flows.
  nextcloud_links: '',
};

/** A fingerprint of the rows of every table but the audit trail; equal before and after means that nothing was written. */
export async function tableContents({ database }: Pick<TestApp, 'database'>): Promise<Record<string, string>> {
  return database.read(async (em) => {
    const tables = await em.execute<{ name: string }[]>(
      "select tablename as name from pg_tables where schemaname = 'public' order by tablename",
    );
    const contents: Record<string, string> = {};
    for (const { name } of tables.filter((table) => !TRAIL.includes(table.name))) {
      const condition = COUNTED[name];
      const [row] = await em.execute<{ count: string; hash: string | null }[]>(
        `select count(*) as count, md5(string_agg(t::text, ',' order by t::text)) as hash from "${name}" t ${condition ?? ''}`,
      );
      contents[name] = `${row?.count ?? '?'} rows ${condition === undefined ? (row?.hash ?? '') : ''}`;
    }
    return contents;
  });
}
