import { startWithAccount } from './bench-account.ts';
import { requestsPerSecond } from './load.ts';
import { median, type Measurement } from './measurement.ts';

const ROUNDS = 5;
const SECONDS = 3;
const WANTED_RATIO = 0.8;

/** P5: refusing a bad access token against accepting a good one. */
export async function tokenCheck(): Promise<Measurement[]> {
  const { server, api } = await startWithAccount({ LOG_LEVEL: 'silent' });
  const good = api.accessToken ?? '';
  const bad = good.slice(0, -6) + (good.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA');
  const rates: { good: number[]; bad: number[] } = { good: [], bad: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const kind of ['good', 'bad'] as const) {
      const authorization = `Bearer ${kind === 'good' ? good : bad}`;
      rates[kind].push(await requestsPerSecond(`${server.url}/api/auth/session`, SECONDS, { authorization }));
    }
  }
  await server.stop();
  return [
    {
      bar: 'P5',
      what: '401 for a token with a bad signature, against 200',
      value: median(rates.bad) / median(rates.good),
      unit: 'x',
      wanted: { relation: '>=', value: WANTED_RATIO },
    },
  ];
}
