import { randomBytes } from 'node:crypto';
import { startWithAccount } from './bench-account.ts';
import { loadInTurn, ratioOf, startScript } from './load.ts';
import { median, type Measurement } from './measurement.ts';

const POOL_SIZE = '10';
const WANTED_RATIO = 0.5;

/** P2: GET /api/users/me against node:http with one HMAC and one prepared SELECT on a pool of the same size. */
export async function profileRoute(): Promise<Measurement[]> {
  const databaseUrl = process.env['TEST_DATABASE_URL'];
  if (databaseUrl === undefined) {
    process.stdout.write('  P2   needs TEST_DATABASE_URL: the embedded database has no second client\n');
    return [];
  }
  const secret = randomBytes(48).toString('base64url');
  const { server, api } = await startWithAccount({
    JWT_SECRET: secret,
    DATABASE_POOL_SIZE: POOL_SIZE,
  });
  const { id } = await api.get<{ id: string }>('/api/users/me');
  const headers = { authorization: `Bearer ${api.accessToken ?? ''}` };
  const least = await startScript('row-server.ts', {
    BENCH_DATABASE_URL: databaseUrl,
    BENCH_SECRET: secret,
    BENCH_POOL_SIZE: POOL_SIZE,
    BENCH_USER_ID: id,
  });
  const loads = await loadInTurn({
    least: { url: least.url, headers },
    ours: { url: `${server.url}/api/users/me`, headers },
  });
  least.process.kill();
  await server.stop();
  return [
    {
      bar: 'P2',
      what: 'GET /api/users/me, against node:http + HMAC + one prepared SELECT',
      value: ratioOf(loads.ours, loads.least),
      unit: 'x',
      wanted: { relation: '>=', value: WANTED_RATIO },
    },
    {
      bar: 'P2',
      what: 'node:http + HMAC + one prepared SELECT',
      value: median(loads.least.requestsPerSecond),
      unit: 'requests/s',
    },
  ];
}
