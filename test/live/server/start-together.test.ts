// R28: processes that start together on an empty PostgreSQL, one killed in the middle, and a schema from the future.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MIGRATIONS } from '../../../migrations/migrations.ts';
import { call, createUser } from '../../support/api.ts';
import { ServerUnderTest } from '../../support/server-under-test.ts';
import { openTestDatabase } from '../../support/open-test-database.ts';
import { createTestDatabase, HAS_DATABASE_SERVER, type TestDatabase } from '../../support/test-database.ts';

const suite = HAS_DATABASE_SERVER ? describe : describe.skip;

suite('processes on one empty PostgreSQL (needs TEST_DATABASE_URL)', () => {
  let database: TestDatabase;
  const secrets = {
    JWT_SECRET: 'the same secret of all processes of this test, long enough for any',
    SECRETS_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
  };

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  async function query<Row>(statement: string): Promise<Row[]> {
    const open = await openTestDatabase({ url: database.url, dataFolder: '', poolSize: 1, statementTimeoutMs: 5000 });
    try {
      return await open.orm.em.fork().execute<Row[]>(statement);
    } finally {
      await open.close();
    }
  }

  it('R28 survives a process that is killed in the middle of its migrations', async () => {
    // Killed at moments spread over the start, so that some fall into the migrations.
    const victims = await Promise.all(
      Array.from({ length: 3 }, () => ServerUnderTest.spawn({ env: { ...secrets, DATABASE_URL: database.url } })),
    );
    await Promise.all(
      victims.map(async (victim, index) => {
        await victim.until(async () => (await tableCount()) > index * 4 || (await fetch(`${victim.url}/ready`)).ok);
        victim.signal('SIGKILL');
        await victim.ended;
      }),
    );
    const server = await ServerUnderTest.start({ env: { ...secrets, DATABASE_URL: database.url } });
    await createUser(server);
    await server.stop();
  });

  it('R28 migrates once when two start at the same moment, and both serve the same data', async () => {
    await query('drop schema public cascade; create schema public; drop schema if exists pgboss cascade');
    const [one, other] = await Promise.all([
      ServerUnderTest.start({ env: { ...secrets, DATABASE_URL: database.url } }),
      ServerUnderTest.start({ env: { ...secrets, DATABASE_URL: database.url } }),
    ]);
    const user = await createUser(one);
    expect((await call(other, 'GET /api/auth/me', { token: user.access_token })).status).toBe(200);
    const applied = await query<{ name: string }>('select name from schema_migrations order by id');
    expect(applied.map(({ name }) => name)).toEqual(MIGRATIONS.map(({ name }) => name));
    await Promise.all([one.stop(), other.stop()]);
  });

  it('R28 refuses a schema that a newer version has left, and changes nothing', async () => {
    await query(`insert into schema_migrations (name) values ('29990101000000-from-the-future')`);
    const server = await ServerUnderTest.spawn({ env: { ...secrets, DATABASE_URL: database.url } });
    expect(await server.ended).toEqual({ code: 1, signal: null });
    expect(server.output).toContain('29990101000000-from-the-future');
    expect(await query('select name from schema_migrations')).toHaveLength(MIGRATIONS.length + 1);
  });

  async function tableCount(): Promise<number> {
    const [row] = await query<{ count: string }>(
      "select count(*) as count from pg_tables where schemaname in ('public', 'pgboss')",
    );
    return Number(row?.count);
  }
});
