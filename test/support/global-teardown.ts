import { endKept } from '../runner/leftovers.ts';
import { dropTestDatabases } from './test-database.ts';
import { removeTemporaryFolders } from './test-run.ts';

/** Runs once after all tests, in the process of jest, which runs tests itself when they are few. */
export default async function tearDown(): Promise<void> {
  await endKept();
  await dropTestDatabases();
  removeTemporaryFolders();
}
