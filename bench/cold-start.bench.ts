import { readFileSync } from 'node:fs';
import { startServer } from '../demo/server-process.ts';
import { median, type Measurement } from './measurement.ts';

const ROUNDS = 3;
const SETTLE_MS = 3000;
const MAX_SECONDS = 5;
const MAX_MIB = 200;
const KIB_PER_MIB = 1024;

/** P21: from the start of the process to ready, and its memory when idle. */
export async function coldStart(): Promise<Measurement[]> {
  const databaseUrl = process.env['TEST_DATABASE_URL'];
  const env = databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl };
  const starts: number[] = [];
  const sizes: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const begin = performance.now();
    const server = await startServer({ ...env, LOG_LEVEL: 'silent' });
    starts.push((performance.now() - begin) / 1000);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    sizes.push(residentMib(server.pid));
    await server.stop();
  }
  const isServer = databaseUrl !== undefined;
  // The bar is about dependencies that are up; the embedded database creates its cluster in the measured time.
  const where = isServer ? 'PostgreSQL server' : 'embedded database, created in this time; no bar';
  const atMost = (value: number): Pick<Measurement, 'wanted'> =>
    isServer ? { wanted: { relation: '<=', value } } : {};
  return [
    { bar: 'P21', what: `start to ready (${where})`, value: median(starts), unit: 's', ...atMost(MAX_SECONDS) },
    { bar: 'P21', what: `resident memory when idle (${where})`, value: median(sizes), unit: 'MiB', ...atMost(MAX_MIB) },
  ];
}

function residentMib(pid: number): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / KIB_PER_MIB;
}
