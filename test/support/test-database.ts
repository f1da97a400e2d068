import { randomUUID } from 'node:crypto';
import { ENTITIES } from '../../src/app.entities.ts';
import { openDatabase, type DatabaseLocation, type OpenDatabase } from '../../src/persistence/open-database.ts';

const SERVER = process.env['TEST_DATABASE_URL'];

/** True when the tests run against a PostgreSQL server instead of the embedded database. */
export const HAS_DATABASE_SERVER = SERVER !== undefined;

/** A database of one test file on the server of TEST_DATABASE_URL, or none: then it is embedded. */
export interface TestDatabase {
  readonly url: string | undefined;
  drop(): Promise<void>;
}

/** Creates an empty database where TEST_DATABASE_URL says; the user of that URL must be allowed to. */
export async function createTestDatabase(): Promise<TestDatabase> {
  if (SERVER === undefined) return { url: undefined, drop: () => Promise.resolve() };
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(SERVER, `create database "${name}"`);
  const url = new URL(SERVER);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(SERVER, `drop database "${name}" with (force)`) };
}

/** Opens a database with the entities of the server. */
export function openTestDatabase(location: DatabaseLocation): Promise<OpenDatabase> {
  return openDatabase(location, ENTITIES);
}

async function onServer(url: string, statement: string): Promise<void> {
  const open: OpenDatabase = await openTestDatabase({ url, dataFolder: '', poolSize: 1, statementTimeoutMs: 30_000 });
  try {
    await open.orm.em.fork().execute(statement);
  } finally {
    await open.close();
  }
}
