import type { Duplex } from 'node:stream';
import { Migrator } from '@mikro-orm/migrations';
import { defineConfig, type Options } from '@mikro-orm/postgresql';
import { MIGRATIONS } from '../../migrations/migrations.ts';

/** Which database to talk to. */
export type DatabaseTarget =
  | {
      readonly kind: 'server';
      readonly url: string;
      readonly poolSize: number;
      readonly statementTimeoutMs: number;
      readonly openStream: () => Duplex;
    }
  | { readonly kind: 'embedded'; readonly openStream: () => Duplex };

/** The entities that the composition hands in; a table that is not among them does not exist for the ORM. */
export type Entities = NonNullable<Options['entities']>;

const KEEP_ALIVE_MS = 10_000;
const CONNECT_TIMEOUT_MS = 2500;
const EMBEDDED_ACQUIRE_TIMEOUT_MS = 30_000;

/** Options of MikroORM; the driver is the same for a server and for the embedded database. */
export function ormOptions(target: DatabaseTarget, entities: Entities): Options {
  return defineConfig({
    entities,
    extensions: [Migrator],
    migrations: {
      migrationsList: MIGRATIONS,
      tableName: 'schema_migrations',
      transactional: true,
      allOrNothing: true,
      snapshot: false,
      silent: true,
    },
    // It has no entity: only `Database.checkWrite` knows it.
    schemaGenerator: { skipTables: ['write_checks'] },
    timezone: 'UTC',
    debug: false,
    ...(target.kind === 'server' ? serverOptions(target) : embeddedOptions(target)),
  });
}

function serverOptions(target: Extract<DatabaseTarget, { kind: 'server' }>): Options {
  return {
    clientUrl: target.url,
    pool: { min: 0, max: target.poolSize },
    driverOptions: {
      application_name: 'voiceassist-server',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: target.statementTimeoutMs,
      query_timeout: target.statementTimeoutMs + 1000,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      stream: target.openStream,
    },
  };
}

/** One backend session, hence one connection: a second one inside an open transaction would wait for ever. */
function embeddedOptions(target: Extract<DatabaseTarget, { kind: 'embedded' }>): Options {
  return {
    clientUrl: 'postgresql://postgres@embedded/postgres',
    pool: { min: 0, max: 1 },
    driverOptions: { stream: target.openStream, connectionTimeoutMillis: EMBEDDED_ACQUIRE_TIMEOUT_MS },
  };
}
