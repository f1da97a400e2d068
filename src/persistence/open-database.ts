import { join } from 'node:path';
import { MikroORM } from '@mikro-orm/postgresql';
import { lockDataFolder } from './data-folder-lock.ts';
import { Database } from './database.ts';
import { EmbeddedPostgres } from './embedded-postgres.ts';
import { ormOptions } from './orm.options.ts';

/** Where the rows live. */
export interface DatabaseLocation {
  /** URL of a PostgreSQL server; undefined means embedded. */
  readonly url: string | undefined;
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
  close(): Promise<void>;
}

/**
 * Opens PostgreSQL. Does not connect yet when it is a server, so a server that is down delays readiness and not
 * the start.
 */
export async function openDatabase(location: DatabaseLocation): Promise<OpenDatabase> {
  if (location.url !== undefined) {
    const { url, poolSize, statementTimeoutMs } = location;
    const orm = new MikroORM(ormOptions({ kind: 'server', url, poolSize, statementTimeoutMs }));
    return { orm, database: new Database(orm), isEmbedded: false, close: () => orm.close(true) };
  }
  const isInMemory = location.dataFolder.startsWith('memory://');
  const unlock = isInMemory ? (): void => undefined : lockDataFolder(location.dataFolder);
  const dataDir = isInMemory ? location.dataFolder : join(location.dataFolder, 'postgres');
  const engine = await EmbeddedPostgres.start({
    dataDir,
    ...(location.template !== undefined && { template: location.template }),
  });
  const orm = new MikroORM(ormOptions({ kind: 'embedded', openStream: () => engine.openStream() }));
  const close = async (): Promise<void> => {
    // The pool first: the engine waits for its connections.
    await orm.close(true);
    await engine.close();
    unlock();
  };
  return { orm, database: new Database(orm), isEmbedded: true, close };
}
