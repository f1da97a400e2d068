import { startServer } from '../demo/server-process.ts';
import { residentMib } from './load.ts';
import { median, type Measurement } from './measurement.ts';

const ROUNDS = 3;
const SETTLE_MS = 3000;
const MAX_SECONDS = 5;
const MAX_MIB = 200;
const MAX_EMBEDDED_MIB = 400;

/** Settings of the C library in the image (Dockerfile): memory that is free goes back to the system. */
const IMAGE_ENV = { MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

/** P21: from the start of the process to ready, and its memory when idle. */
export async function coldStart(): Promise<Measurement[]> {
  const databaseUrl = process.env['TEST_DATABASE_URL'];
  const env = databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl };
  const starts: number[] = [];
  const sizes: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const begin = performance.now();
    const server = await startServer({ ...env, ...IMAGE_ENV, LOG_LEVEL: 'info' }, { log: 'file' });
    starts.push((performance.now() - begin) / 1000);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    sizes.push(residentMib(server.pid));
    await server.stop();
  }
  const isServer = databaseUrl !== undefined;
  // The bar is about dependencies that are up; the embedded database creates its cluster in the measured time.
  const where = isServer ? 'PostgreSQL server' : 'embedded database, created in this time';
  const maxMib = isServer ? MAX_MIB : MAX_EMBEDDED_MIB;
  return [
    {
      bar: 'P21',
      what: `start to ready (${where})`,
      value: median(starts),
      unit: 's',
      ...(isServer && { wanted: { relation: '<=', value: MAX_SECONDS } }),
    },
    {
      bar: 'P21',
      what: `resident memory when idle (${where})`,
      value: median(sizes),
      unit: 'MiB',
      wanted: { relation: '<=', value: maxMib },
    },
  ];
}
