import { startWithAccount } from './bench-account.ts';
import { percentile, timed, type Measurement } from './measurement.ts';

const PROBES = 200;
const PARALLEL_LOGINS = 8;
const LEAST_BAR_MS = 25;
const TIMES_IDLE = 5;

/** P3: other routes while logins are hashed in parallel. */
export async function loginLatency(): Promise<Measurement[]> {
  const { server, api, credentials } = await startWithAccount();
  const probe = (): Promise<number> => timed(() => api.get('/api/auth/me'));
  const collect = async (isDone: () => boolean): Promise<number[]> => {
    const times: number[] = [];
    while (!isDone() || times.length < PROBES) times.push(await probe());
    return times;
  };
  for (let warm = 0; warm < PROBES; warm += 1) await probe();
  const idle = percentile(await collect(() => true), 99);
  let running = 0;
  const login = async (): Promise<void> => {
    running += 1;
    await api.post('/api/auth/login', credentials);
    running -= 1;
  };
  const logins = Promise.all(Array.from({ length: PARALLEL_LOGINS }, login));
  const busy = percentile(await collect(() => running === 0), 99);
  await logins;
  await server.stop();
  return [
    {
      bar: 'P3',
      what: `p99 of GET /api/auth/me while ${String(PARALLEL_LOGINS)} logins are hashed`,
      value: busy,
      unit: 'ms',
      wanted: { relation: '<=', value: Math.max(LEAST_BAR_MS, TIMES_IDLE * idle) },
    },
    { bar: 'P3', what: 'the same while idle', value: idle, unit: 'ms' },
  ];
}
