import { createApp } from '../../src/app.setup.ts';
import { readEnvironment } from '../../src/config/read-environment.ts';

/** Where the database is: a server, or the data folder of an embedded one. */
export interface DatabaseToFill {
  readonly url?: string;
  readonly dataDir: string;
}

/** Brings an empty database to where the first start of the server brings it: its schema, the queue and its queues. */
export async function fillDatabase({ url, dataDir }: DatabaseToFill): Promise<void> {
  const configuration = readEnvironment({
    NODE_ENV: 'test',
    DATA_DIR: dataDir,
    DATABASE_URL: url,
    LOG_LEVEL: 'warn',
    // Without workers no task is queued either.
    PROCESS_ROLE: 'api',
  });
  const { app } = await createApp(configuration);
  await app.init();
  await app.close();
}
