import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { startWithAccount } from './bench-account.ts';
import { requestsPerSecond } from './load.ts';
import { median, type Measurement } from './measurement.ts';

const ROUNDS = 5;
const SECONDS = 3;
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
    LOG_LEVEL: 'silent',
    JWT_SECRET: secret,
    DATABASE_POOL_SIZE: POOL_SIZE,
  });
  const { id } = await api.get<{ id: string }>('/api/users/me');
  const headers = { authorization: `Bearer ${api.accessToken ?? ''}` };
  const least = fork(new URL('./row-server.ts', import.meta.url), {
    env: {
      ...process.env,
      BENCH_DATABASE_URL: databaseUrl,
      BENCH_SECRET: secret,
      BENCH_POOL_SIZE: POOL_SIZE,
      BENCH_USER_ID: id,
    },
  });
  const [port] = (await once(least, 'message')) as [number];
  const rates: { ours: number[]; least: number[] } = { ours: [], least: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.least.push(await requestsPerSecond(`http://127.0.0.1:${String(port)}/`, SECONDS, headers));
    rates.ours.push(await requestsPerSecond(`${server.url}/api/users/me`, SECONDS, headers));
  }
  least.kill();
  await server.stop();
  const base = median(rates.least);
  return [
    {
      bar: 'P2',
      what: 'GET /api/users/me, against node:http + HMAC + one prepared SELECT',
      value: median(rates.ours) / base,
      unit: 'x',
      wanted: { relation: '>=', value: WANTED_RATIO },
    },
    { bar: 'P2', what: 'node:http + HMAC + one prepared SELECT', value: base, unit: 'requests/s' },
  ];
}
