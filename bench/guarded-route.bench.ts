import { fork } from 'node:child_process';
import { once } from 'node:events';
import { startWithAccount } from './bench-account.ts';
import { requestsPerSecond } from './load.ts';
import { median, type Measurement } from './measurement.ts';

const ROUNDS = 5;
const SECONDS = 3;
const WANTED_RATIO = 0.2;

/** P1: a guarded route that needs no upstream and no row, against bare node:http that sends the same bytes. */
export async function guardedRoute(): Promise<Measurement[]> {
  const { server, api } = await startWithAccount({ LOG_LEVEL: 'silent' });
  const headers = { authorization: `Bearer ${api.accessToken ?? ''}` };
  const path = '/api/auth/session';
  const body = JSON.stringify(await api.get(path));
  const bare = fork(new URL('./bare-server.ts', import.meta.url), { env: { ...process.env, BARE_BODY: body } });
  const [port] = (await once(bare, 'message')) as [number];
  const ratios: { guarded: number[]; me: number[]; bare: number[] } = { guarded: [], me: [], bare: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    ratios.bare.push(await requestsPerSecond(`http://127.0.0.1:${String(port)}/`, SECONDS));
    ratios.guarded.push(await requestsPerSecond(server.url + path, SECONDS, headers));
    ratios.me.push(await requestsPerSecond(`${server.url}/api/auth/me`, SECONDS, headers));
  }
  bare.kill();
  await server.stop();
  const base = median(ratios.bare);
  return [
    {
      bar: 'P1',
      what: 'guarded route without a row, against bare node:http',
      value: median(ratios.guarded) / base,
      unit: 'x',
      wanted: { relation: '>=', value: WANTED_RATIO },
    },
    {
      bar: 'P1',
      what: 'guarded route that reads one row (GET /api/auth/me), the same',
      value: median(ratios.me) / base,
      unit: 'x',
    },
    { bar: 'P1', what: 'bare node:http', value: base, unit: 'requests/s' },
  ];
}
