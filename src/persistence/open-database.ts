import type { Socket } from 'node:net';
import { join } from 'node:path';
import { MikroORM } from '@mikro-orm/postgresql';
import { lockDataFolder } from './data-folder-lock.ts';
import { Database } from './database.ts';
import { EmbeddedPostgres } from './embedded-postgres.ts';
import { ormOptions, type Entities } from './orm.options.ts';
import { ServerSockets } from './server-sockets.ts';

/** After this long the other side of a connection is taken for gone. */
const POLITE_CLOSE_MS = 1500;
/** One holds the lock, the other migrates. */
const OWNER_CONNECTIONS = 2;
const SILENCE_BEYOND_A_STATEMENT_MS = 2000;

/** Where the rows are stored. */
export interface DatabaseLocation {
  /** URL of a PostgreSQL server; undefined means embedded. */
  readonly url: string | undefined;
  /** URL of the same database under the role that owns the tables; default the role of `url`. */
  readonly ownerUrl?: string | undefined;
  /** Prepared data folder of the embedded database, or `memory://`. */
  readonly dataFolder: string;
  /** Tar file that a new embedded database starts from. */
  readonly template?: string;
  readonly poolSize: number;
  readonly statementTimeoutMs: number;
}

/** An open database and how to close all of it. */
export interface OpenDatabase {
  readonly orm: MikroORM;
  readonly database: Database;
  readonly isEmbedded: boolean;
  /** True where the tables belong to another role than the one that the server works under. */
  readonly hasOwner: boolean;
  /** Runs `work` under the role that owns the tables. */
  asOwner<Result>(work: (orm: MikroORM) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/**
 * Opens PostgreSQL. Does not connect yet when it is a server, so a server that is down delays readiness and not
 * the start.
 */
export async function openDatabase(location: DatabaseLocation, entities: Entities): Promise<OpenDatabase> {
  if (location.url !== undefined) return openServer(location, location.url, entities);
  const isInMemory = location.dataFolder.startsWith('memory://');
  const unlock = isInMemory ? (): void => undefined : lockDataFolder(location.dataFolder);
  const dataDir = isInMemory ? location.dataFolder : join(location.dataFolder, 'postgres');
  const engine = await EmbeddedPostgres.start({
    dataDir,
    ...(location.template !== undefined && { template: location.template }),
  });
  const orm = new MikroORM(ormOptions({ kind: 'embedded', openStream: () => engine.openStream() }, entities));
  const close = async (): Promise<void> => {
    // The pool first: the engine waits for its connections.
    await orm.close(true);
    await engine.close();
    unlock();
  };
  const asOwner: OpenDatabase['asOwner'] = (work) => work(orm);
  return { orm, database: new Database(orm, { isEmbedded: true }), isEmbedded: true, hasOwner: false, asOwner, close };
}

function openServer(location: DatabaseLocation, url: string, entities: Entities): OpenDatabase {
  const { ownerUrl } = location;
  const { orm, close } = connect(location, url, entities);
  const asOwner: OpenDatabase['asOwner'] = async (work) => {
    if (ownerUrl === undefined) return work(orm);
    const owner = connect({ ...location, poolSize: OWNER_CONNECTIONS }, ownerUrl, entities);
    try {
      return await work(owner.orm);
    } finally {
      await owner.close();
    }
  };
  return { orm, database: new Database(orm), isEmbedded: false, hasOwner: ownerUrl !== undefined, asOwner, close };
}

function connect(
  { poolSize, statementTimeoutMs }: DatabaseLocation,
  url: string,
  entities: Entities,
): Pick<OpenDatabase, 'orm' | 'close'> {
  const sockets = new ServerSockets(statementTimeoutMs + SILENCE_BEYOND_A_STATEMENT_MS);
  const openStream = (): Socket => sockets.create();
  const orm = new MikroORM(ormOptions({ kind: 'server', url, poolSize, statementTimeoutMs, openStream }, entities));
  const close = async (): Promise<void> => {
    const cut = setTimeout(() => sockets.destroyAll(), POLITE_CLOSE_MS);
    await orm.close(true);
    clearTimeout(cut);
  };
  return { orm, close };
}
