import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { RUN, temporaryFolder } from './test-run.ts';

const SERVER = process.env['TEST_DATABASE_URL'];
const PREFIX = `test_${RUN}_`;
const TEMPLATE = `${PREFIX}template`;

/** True when the tests run against a PostgreSQL server instead of the embedded database. */
export const HAS_DATABASE_SERVER = SERVER !== undefined;

/** A database of one test file on the server of TEST_DATABASE_URL, or none: then it is embedded. */
export interface TestDatabase {
  readonly url: string | undefined;
  drop(): Promise<void>;
}

/** Creates an empty database where TEST_DATABASE_URL says; the user of that URL must be allowed to. */
export function createTestDatabase(): Promise<TestDatabase> {
  return create('template1');
}

/** The same with the schema of the server and of its queue in it. */
export function createMigratedDatabase(): Promise<TestDatabase> {
  return create(TEMPLATE);
}

/** Creates the database that migrated ones are copied from. */
export async function makeServerTemplate(): Promise<void> {
  if (SERVER === undefined) return;
  await execute(`create database "${TEMPLATE}"`);
  const { fillDatabase } = await import('./filled-database.ts');
  await fillDatabase({ url: urlOf(SERVER, TEMPLATE), dataDir: temporaryFolder('template') });
}

/** Drops every database of this run, also those of a process that ended in the middle of a test. */
export async function dropTestDatabases(): Promise<void> {
  if (SERVER === undefined) return;
  const names = await execute('select datname as name from pg_database where starts_with(datname, $1)', [PREFIX]);
  for (const name of names) await execute(`drop database if exists "${name}" with (force)`);
}

async function create(template: string): Promise<TestDatabase> {
  if (SERVER === undefined) return { url: undefined, drop: () => Promise.resolve() };
  const name = `${PREFIX}${randomUUID().replaceAll('-', '')}`;
  await execute(`create database "${name}" template "${template}"`);
  const drop = async (): Promise<void> => {
    await execute(`drop database "${name}" with (force)`);
  };
  return { url: urlOf(SERVER, name), drop };
}

function urlOf(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

async function execute(statement: string, values: unknown[] = []): Promise<string[]> {
  const client = new pg.Client({ connectionString: SERVER });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(statement, values);
    return rows.map(({ name }) => name);
  } finally {
    await client.end();
  }
}
