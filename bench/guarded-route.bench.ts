import { randomBytes } from 'node:crypto';
import { startWithAccount } from './bench-account.ts';
import { loadInTurn, ratioOf, residentMib, startScript } from './load.ts';
import { median, type Measurement } from './measurement.ts';

const MIN_RATIO = 0.25;
const MIN_ROW_RATIO = 0.15;
const MAX_MIB = 300;

/**
 * P1: a guarded route that needs no upstream and no row, against bare node:http that sends the same bytes. What the
 * framework takes by itself is measured beside it.
 */
export async function guardedRoute(): Promise<Measurement[]> {
  const secret = randomBytes(48).toString('base64url');
  const { server, api } = await startWithAccount({ JWT_SECRET: secret });
  const headers = { authorization: `Bearer ${api.accessToken ?? ''}` };
  const path = '/api/auth/session';
  const env = { BARE_BODY: JSON.stringify(await api.get(path)), BENCH_SECRET: secret };
  const bare = await startScript('bare-server.ts', env);
  const fastify = await startScript('fastify-server.ts', env);
  const nest = await startScript('nest-server.ts', env);
  const loads = await loadInTurn({
    bare: { url: bare.url, pid: bare.process.pid },
    fastify: { url: fastify.url, pid: fastify.process.pid },
    nest: { url: nest.url, pid: nest.process.pid, headers },
    guarded: { url: server.url + path, pid: server.pid, headers },
    me: { url: `${server.url}/api/auth/me`, pid: server.pid, headers },
  });
  const memory = residentMib(server.pid);
  for (const script of [bare, fastify, nest]) script.process.kill();
  await server.stop();
  const against = (name: keyof typeof loads, what: string, min?: number): Measurement => ({
    bar: 'P1',
    what: `${what}, against bare node:http`,
    value: ratioOf(loads[name], loads.bare),
    unit: 'x',
    ...(min !== undefined && { wanted: { relation: '>=', value: min } }),
  });
  const cpu = (name: keyof typeof loads, what: string): Measurement => ({
    bar: 'P1',
    what: `processor time of a request: ${what}`,
    value: median(loads[name].cpuUsPerRequest),
    unit: 'us',
  });
  return [
    against('guarded', 'guarded route without a row', MIN_RATIO),
    against('me', 'guarded route that reads one row (GET /api/auth/me)', MIN_ROW_RATIO),
    against('fastify', 'Fastify alone, no guard'),
    against('nest', 'Nest on Fastify with one guard that verifies the token by passport-jwt, nothing else'),
    { bar: 'P1', what: 'bare node:http', value: median(loads.bare.requestsPerSecond), unit: 'requests/s' },
    cpu('bare', 'bare node:http'),
    cpu('fastify', 'Fastify alone'),
    cpu('nest', 'Nest with one guard'),
    cpu('guarded', 'guarded route without a row'),
    cpu('me', 'GET /api/auth/me'),
    {
      bar: 'P21',
      what: 'resident memory after this load',
      value: memory,
      unit: 'MiB',
      wanted: { relation: '<=', value: MAX_MIB },
    },
  ];
}
