import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';

/** What the server may not do to the tables that must tell the truth about it, and about the schema. */
const WITHHELD: Readonly<Record<string, string>> = {
  audit_events: 'update, delete',
  audit_head: 'insert, delete',
  schema_migrations: 'insert, update, delete',
};

/** Name of the role that a connection works under. */
export async function currentRole(orm: MikroORM): Promise<string> {
  const [row] = await orm.em.fork().execute<{ role: string }[]>('select current_user as role');
  if (row === undefined) throw new Error('PostgreSQL does not say who we are');
  return row.role;
}

/**
 * Gives the role of the server what it needs on the tables of another one, and no more: it can append audit events and
 * read them, and neither change nor remove one. The queue keeps its tables in a schema of its own, which it makes.
 */
export async function grantTo(em: EntityManager, role: string): Promise<void> {
  const grantee = `"${role.replaceAll('"', '""')}"`;
  const [database] = await em.execute<{ name: string }[]>('select quote_ident(current_database()) as name');
  const statements = [
    `grant create on database ${database?.name ?? ''} to ${grantee}`,
    `grant usage on schema public to ${grantee}`,
    `revoke all on all tables in schema public from ${grantee}`,
    `grant select, insert, update, delete on all tables in schema public to ${grantee}`,
    `grant truncate on write_checks to ${grantee}`,
    ...Object.entries(WITHHELD).map(([table, rights]) => `revoke ${rights} on "${table}" from ${grantee}`),
  ];
  for (const statement of statements) await em.execute(statement);
}
