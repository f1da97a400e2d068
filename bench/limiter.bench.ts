import { Redis } from 'ioredis';
import { startWithAccount, type BenchAccount } from './bench-account.ts';
import { loadInTurn, ratioOf, type Target } from './load.ts';
import type { Measurement } from './measurement.ts';

const COUNTED = 1000;
const WANTED_RATIO = 0.6;
const PATH = '/api/auth/session';

/** P22: requests counted in Redis, against the same server without limits. */
export async function limiter(): Promise<Measurement[]> {
  const redisUrl = process.env['TEST_REDIS_URL'];
  if (redisUrl === undefined) {
    process.stdout.write('  P22  needs TEST_REDIS_URL\n');
    return [];
  }
  const counted = await startWithAccount({ REDIS_URL: redisUrl });
  const free = await startWithAccount({
    NODE_OPTIONS: `--import=${new URL('./no-limiter.ts', import.meta.url).href}`,
  });
  const target = ({ server, api }: BenchAccount): Target => ({
    url: server.url + PATH,
    headers: { authorization: `Bearer ${api.accessToken ?? ''}` },
  });
  const loads = await loadInTurn({ free: target(free), counted: target(counted) });
  const redis = new Redis(redisUrl);
  const before = await commandsOf(redis);
  for (let index = 0; index < COUNTED; index += 1) await counted.api.get(PATH);
  const roundTrips = (await commandsOf(redis)) - before;
  redis.disconnect();
  await Promise.all([counted.server.stop(), free.server.stop()]);
  return [
    {
      bar: 'P22',
      what: 'requests counted in Redis, against no limiter at all',
      value: ratioOf(loads.counted, loads.free),
      unit: 'x',
      wanted: { relation: '>=', value: WANTED_RATIO },
    },
    {
      bar: 'P22',
      what: 'Redis round trips per counted request',
      value: roundTrips / COUNTED,
      unit: 'round trips',
      wanted: { relation: '<=', value: 1.01 },
    },
  ];
}

/** Scripts that Redis has run: a request is counted by one. */
async function commandsOf(redis: Redis): Promise<number> {
  const stats = await redis.info('commandstats');
  const calls = ['evalsha', 'eval'].map((name) => new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1]);
  return calls.reduce((sum, each) => sum + Number(each ?? 0), 0);
}
