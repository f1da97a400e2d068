import { prepareDataFolder } from '../config/data-folder.ts';
import type { StorageConfig } from '../config/storage.config.ts';
import type { DatabaseLocation } from './open-database.ts';

/** Where the embedded database is, when not in the data folder. */
export type EmbeddedLocation = Pick<DatabaseLocation, 'dataFolder' | 'template'>;

/** The database that the configuration names; makes the data folder where the embedded one needs it. */
export function configuredLocation(storage: StorageConfig, embedded?: EmbeddedLocation): DatabaseLocation {
  return {
    url: storage.databaseUrl?.reveal(),
    ownerUrl: storage.databaseOwnerUrl?.reveal(),
    ...(embedded ?? { dataFolder: prepareDataFolder(storage.dataDir) }),
    poolSize: storage.databasePoolSize,
    statementTimeoutMs: storage.databaseStatementTimeoutMs,
  };
}
