// S59: with a role for the owner of the tables and another for the server, the server cannot rewrite the audit trail.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OpenDatabase } from '../../../src/persistence/open-database.ts';
import { call, createUser } from '../../support/api.ts';
import { ServerUnderTest } from '../../support/server-under-test.ts';
import { openTestDatabase } from '../../support/open-test-database.ts';
import { createTestDatabase, HAS_DATABASE_SERVER, type TestDatabase } from '../../support/test-database.ts';

const suite = HAS_DATABASE_SERVER ? describe : describe.skip;

suite('two roles on the PostgreSQL of TEST_DATABASE_URL', () => {
  const mark = randomBytes(6).toString('hex');
  const roles = { owner: `owner_${mark}`, server: `server-${mark}` };
  let database: TestDatabase;
  let superuser: OpenDatabase;
  let asServer: OpenDatabase;
  let server: ServerUnderTest;

  const open = (url: string): Promise<OpenDatabase> =>
    openTestDatabase({ url, dataFolder: '', poolSize: 2, statementTimeoutMs: 15_000 });

  function urlAs(role: string): string {
    const url = new URL(database.url ?? '');
    url.username = role;
    url.password = mark;
    return url.href;
  }

  const tell = (db: OpenDatabase, statement: string): Promise<unknown[]> => db.orm.em.fork().execute(statement);

  beforeAll(async () => {
    database = await createTestDatabase();
    superuser = await open(database.url ?? '');
    for (const role of Object.values(roles)) await tell(superuser, `create role "${role}" login password '${mark}'`);
    const name = new URL(database.url ?? '').pathname.slice(1);
    await tell(superuser, `alter database "${name}" owner to "${roles.owner}"`);
    server = await ServerUnderTest.start({
      env: { DATABASE_URL: urlAs(roles.server), DATABASE_OWNER_URL: urlAs(roles.owner) },
    });
    asServer = await open(urlAs(roles.server));
  });
  afterAll(async () => {
    await server.stop();
    await asServer.close();
    const name = new URL(database.url ?? '').pathname.slice(1);
    await tell(superuser, `reassign owned by "${roles.server}", "${roles.owner}" to current_user`);
    await tell(superuser, `drop owned by "${roles.server}", "${roles.owner}"`);
    await tell(superuser, `alter database "${name}" owner to current_user`);
    for (const role of Object.values(roles)) await tell(superuser, `drop role "${role}"`);
    await superuser.close();
    await database.drop();
  });

  it('S59: the server works: accounts, sessions, jobs and audit events are written', async () => {
    const user = await createUser(server);
    expect((await call(server, 'POST /api/auth/logout', { token: user.access_token })).status).toBe(204);
    const [row] = (await tell(asServer, 'select count(*)::int as count from audit_events')) as { count: number }[];
    expect(row?.count).toBeGreaterThanOrEqual(3);
    expect(await tell(asServer, "select 1 from pg_namespace where nspname = 'pgboss'")).toHaveLength(1);
  });

  it.each([
    "update audit_events set outcome = 'denied'",
    'delete from audit_events',
    'truncate audit_events',
    'drop table audit_events',
    'alter table audit_events disable trigger all',
    'delete from audit_head',
    'truncate audit_head',
    "insert into audit_head (id, sequence, mac) values (2, 0, '')",
    'delete from schema_migrations',
    'create table public.mine (id int)',
  ])('S59: the role of the server is refused: %s', async (statement) => {
    await expect(tell(asServer, statement)).rejects.toThrow(/permission denied|must be owner/);
  });

  it('S59: a start with the same roles again changes nothing about that', async () => {
    await server.stop();
    server = await ServerUnderTest.start({
      env: { DATABASE_URL: urlAs(roles.server), DATABASE_OWNER_URL: urlAs(roles.owner) },
    });
    await expect(tell(asServer, 'delete from audit_events')).rejects.toThrow(/permission denied/);
    await createUser(server);
  });
});
