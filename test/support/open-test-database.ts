import { ENTITIES } from '../../src/app.entities.ts';
import { openDatabase, type DatabaseLocation, type OpenDatabase } from '../../src/persistence/open-database.ts';

/** Opens a database with the entities of the server. */
export function openTestDatabase(location: DatabaseLocation): Promise<OpenDatabase> {
  return openDatabase(location, ENTITIES);
}
