import type { MikroORM } from '@mikro-orm/postgresql';
import { MIGRATIONS } from '../../migrations/migrations.ts';
import { currentRole, grantTo } from './grants.ts';
import type { OpenDatabase } from './open-database.ts';

/** Any number; the same in every process of this server. */
const MIGRATION_LOCK = 4_172_026_112;

/** The database was migrated by a newer version of this server; starting would damage it. */
export class NewerSchemaError extends Error {
  override readonly name = 'NewerSchemaError';
}

/**
 * Brings the schema up to date and opens the database to callers. Processes that start together wait for each
 * other; a migration that is cut off leaves nothing behind.
 *
 * @throws NewerSchemaError when the database knows migrations that this version does not
 */
export async function migrate(open: OpenDatabase): Promise<void> {
  if (open.isEmbedded) {
    // One process and one connection: the lock below could only wait for itself.
    await applyMigrations(open.orm);
  } else {
    const role = open.hasOwner ? await currentRole(open.orm) : undefined;
    await open.asOwner((orm) =>
      orm.em.fork().transactional(async (em) => {
        await em.execute('select pg_advisory_xact_lock(?)', [MIGRATION_LOCK]);
        await applyMigrations(orm);
        if (role !== undefined) await grantTo(em, role);
      }),
    );
  }
  open.database.markReady();
}

async function applyMigrations(orm: MikroORM): Promise<void> {
  const known = new Set(MIGRATIONS.map((migration) => migration.name));
  const executed = await orm.migrator.getExecuted();
  const newer = executed.filter((row) => !known.has(row.name)).map((row) => row.name);
  if (newer.length > 0) {
    throw new NewerSchemaError(`The database has migrations that this version does not know: ${newer.join(', ')}`);
  }
  await orm.migrator.up();
}
