import { MIGRATIONS } from '../../migrations/migrations.ts';
import type { OpenDatabase } from './open-database.ts';

/** Any number; the same in every process of this server. */
const MIGRATION_LOCK = 4_172_026_112;

/**
 * Brings the schema up to date. Processes that start together wait for each other; a migration that is cut off
 * leaves nothing behind.
 *
 * @throws Error when the database was migrated by a newer version of this server
 */
export async function migrate(open: Pick<OpenDatabase, 'orm' | 'database' | 'isEmbedded'>): Promise<void> {
  // The embedded database has one process and one connection: the lock could only wait for itself.
  if (open.isEmbedded) return applyMigrations(open);
  await open.database.transaction(async (em) => {
    await em.execute('select pg_advisory_xact_lock(?)', [MIGRATION_LOCK]);
    await applyMigrations(open);
  });
}

async function applyMigrations({ orm }: Pick<OpenDatabase, 'orm'>): Promise<void> {
  const known = new Set(MIGRATIONS.map((migration) => migration.name));
  const executed = await orm.migrator.getExecuted();
  const newer = executed.filter((row) => !known.has(row.name)).map((row) => row.name);
  if (newer.length > 0) {
    throw new Error(`The database has migrations that this version does not know: ${newer.join(', ')}`);
  }
  await orm.migrator.up();
}
