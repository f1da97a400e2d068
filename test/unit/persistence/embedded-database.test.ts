// The embedded PostgreSQL behind the ordinary driver.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrate } from '../../../src/persistence/migrate.ts';
import type { OpenDatabase } from '../../../src/persistence/open-database.ts';
import { openTestDatabase } from '../../support/open-test-database.ts';

let open: OpenDatabase;

beforeAll(async () => {
  open = await openTestDatabase({
    url: undefined,
    dataFolder: 'memory://',
    poolSize: 1,
    statementTimeoutMs: 5000,
  });
});
afterAll(() => open.close());

describe('embedded database', () => {
  it('migrates up, is idempotent, down and up again', async () => {
    await migrate(open);
    await migrate(open);
    expect(await open.orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
    await open.orm.migrator.down({ to: 0 });
    await migrate(open);
    const rows = await open.database.read((em) =>
      em.execute<{ sequence: string }[]>('select sequence from audit_head'),
    );
    expect(rows).toHaveLength(1);
  });
});
