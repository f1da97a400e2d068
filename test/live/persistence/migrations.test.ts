// The migrations on a PostgreSQL server: complete, reversible, and safe when processes start together.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrate } from '../../../src/persistence/migrate.ts';
import type { OpenDatabase } from '../../../src/persistence/open-database.ts';
import { openTestDatabase } from '../../support/open-test-database.ts';
import { createTestDatabase, HAS_DATABASE_SERVER, type TestDatabase } from '../../support/test-database.ts';

const suite = HAS_DATABASE_SERVER ? describe : describe.skip;

suite('migrations on the PostgreSQL of TEST_DATABASE_URL', () => {
  let database: TestDatabase;
  let first: OpenDatabase;
  let second: OpenDatabase;

  const open = (): Promise<OpenDatabase> =>
    openTestDatabase({ url: database.url, dataFolder: '', poolSize: 4, statementTimeoutMs: 15_000 });

  beforeAll(async () => {
    database = await createTestDatabase();
    first = await open();
    second = await open();
  });
  afterAll(async () => {
    await Promise.all([first.close(), second.close()]);
    await database.drop();
  });

  it('are applied once when two processes start at the same moment', async () => {
    await Promise.all([migrate(first), migrate(second)]);
    const rows = await first.database.read((em) =>
      em.execute<{ name: string }[]>('select name from schema_migrations'),
    );
    expect(rows).toHaveLength(new Set(rows.map(({ name }) => name)).size);
    expect(rows).not.toHaveLength(0);
  });

  it('bring the schema to exactly what the entities say', async () => {
    expect(await first.orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
  });

  it('leave nothing behind on the way down, and come up again', async () => {
    await first.orm.migrator.down({ to: 0 });
    const tables = await first.database.read((em) =>
      em.execute<{ tablename: string }[]>("select tablename from pg_tables where schemaname = 'public'"),
    );
    expect(tables.map(({ tablename }) => tablename)).toEqual(['schema_migrations']);
    await migrate(first);
    expect(await first.orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
  });
});
