import { startWithAccount } from './bench-account.ts';
import { loadInTurn, ratioOf } from './load.ts';
import type { Measurement } from './measurement.ts';

const MIN_RATIO = 0.8;

/** P5: refusing a bad access token against accepting a good one. */
export async function tokenCheck(): Promise<Measurement[]> {
  const { server, api } = await startWithAccount();
  const good = api.accessToken ?? '';
  const bad = good.slice(0, -6) + (good.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA');
  const url = `${server.url}/api/auth/session`;
  const loads = await loadInTurn({
    good: { url, headers: { authorization: `Bearer ${good}` } },
    bad: { url, headers: { authorization: `Bearer ${bad}` }, status: 401 },
  });
  await server.stop();
  return [
    {
      bar: 'P5',
      what: '401 for a token with a bad signature, against 200',
      value: ratioOf(loads.bad, loads.good),
      unit: 'x',
      wanted: { relation: '>=', value: MIN_RATIO },
    },
  ];
}
