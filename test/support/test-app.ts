import { rmSync } from 'node:fs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../../src/app.setup.ts';
import { readEnvironment } from '../../src/config/read-environment.ts';
import { Database } from '../../src/persistence/database.ts';
import { keepBeyondFile } from '../runner/leftovers.ts';
import { EMBEDDED_TEMPLATE } from './database-template.ts';
import { createMigratedDatabase } from './test-database.ts';
import { temporaryFolder } from './test-run.ts';

/** A running application on a free port of the loopback interface. */
export interface TestApp {
  readonly url: string;
  readonly app: NestFastifyApplication;
  readonly database: Database;
  close(): Promise<void>;
}

/** Limits wide enough for a test file; a test of a limit sets its own. */
const WIDE_LIMITS = {
  RATE_LIMIT_REGISTER_PER_HOUR: '10000',
  RATE_LIMIT_LOGIN_PER_MINUTE: '10000',
  RATE_LIMIT_REFRESH_PER_MINUTE: '10000',
  RATE_LIMIT_LINK_PER_HOUR: '10000',
  RATE_LIMIT_DOCTOR_PER_MINUTE: '10000',
  RATE_LIMIT_MAIL_PER_HOUR: '10000',
  RATE_LIMIT_SSO_PER_MINUTE: '10000',
  RATE_LIMIT_REQUESTS_PER_MINUTE: '1000000',
};

/** What a new database has rows in: its version, and the audit trail, which nobody can empty. */
const FILLED_TABLES = ['schema_migrations', 'audit_events', 'audit_head'];

let shared: Promise<TestApp> | undefined;

/**
 * The application that all test files of a worker share which ask for no environment of their own; it runs no jobs.
 * `close` leaves it running and deletes the rows that were written meanwhile, but for the audit trail.
 */
export async function sharedTestApp(): Promise<TestApp> {
  shared ??= keepBeyondFile(
    () => startTestApp({ env: { PROCESS_ROLE: 'api' } }),
    (app) => app.close(),
  );
  const kept = await shared;
  const close = async (): Promise<void> => {
    kept.app.getHttpServer().closeIdleConnections();
    await emptyTables(kept.database);
  };
  return { ...kept, close };
}

/** Deletes the rows of all tables that a new database has empty. */
async function emptyTables(database: Database): Promise<void> {
  await database.transaction(async (em) => {
    const tables = await em.execute<{ name: string }[]>(
      "select tablename as name from pg_tables where schemaname = 'public'",
    );
    const names = tables.map(({ name }) => name).filter((name) => !FILLED_TABLES.includes(name));
    await em.execute(`truncate ${names.map((name) => `"${name}"`).join(', ')}`);
  });
}

/**
 * Starts the whole application the way main does: on the embedded database, or on a new one of the server that
 * TEST_DATABASE_URL names.
 *
 * @param env variables of the environment, over the defaults of a test
 */
export async function startTestApp({ env = {} }: { env?: Record<string, string> } = {}): Promise<TestApp> {
  const dataDir = temporaryFolder('app');
  const testDatabase = await createMigratedDatabase();
  const configuration = readEnvironment({
    NODE_ENV: 'test',
    DATA_DIR: dataDir,
    DATABASE_URL: testDatabase.url,
    LOG_LEVEL: 'silent',
    // A quarter of the work of production: hashes are most of what the suites compute.
    ...(env['NODE_ENV'] !== 'production' && { BCRYPT_ROUNDS: '10' }),
    INDEX_SCAN_INTERVAL_MINUTES: '0',
    INDEX_ACTIVITY_SECONDS: '0',
    ...WIDE_LIMITS,
    ...env,
  });
  const { app } = await createApp(configuration, { dataFolder: 'memory://', template: EMBEDDED_TEMPLATE });
  await app.listen(0, '127.0.0.1');
  return {
    url: (await app.getUrl()).replace('[::1]', '127.0.0.1'),
    app,
    database: app.get(Database),
    close: async () => {
      await app.close();
      await testDatabase.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
