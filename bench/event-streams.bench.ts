import { get, type ClientRequest } from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient } from '../demo/api-client.ts';
import { processorMsOf } from '../test/support/processor-time.ts';
import { startWithNextcloud, type BenchNextcloud } from './bench-nextcloud.ts';
import { median, timed, type Measurement } from './measurement.ts';

const USERS = 30;
const STREAMS_PER_USER = 10;
const ROUNDS = 5;
const CPU_MS = 5_000;
const REQUESTS = 300;
const PASSWORD = 'a bench needs a long password';

interface Follower {
  readonly token: string;
  readonly jobId: string;
}

/** F1: 300 open event streams of 30 users, against the same server without any. */
export async function eventStreams(): Promise<Measurement[]> {
  // Without a worker the jobs stay queued, and their streams open.
  const bench = await startWithNextcloud(() => undefined, { PROCESS_ROLE: 'api' });
  try {
    const followers: Follower[] = [];
    for (let index = 0; index < USERS; index += 1) followers.push(await newFollower(bench, index));
    await p50Of(bench.api);
    const [shares, ratios]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      const idle = await cpuShareOf(bench.server.pid);
      const alone = await p50Of(bench.api);
      const streams = await openStreams(bench.server.url, followers);
      shares.push((await cpuShareOf(bench.server.pid)) - idle);
      ratios.push((await p50Of(bench.api)) / alone);
      for (const stream of streams) stream.destroy();
      await sleep(1_000);
    }
    return [
      {
        bar: 'F1',
        what: `${String(USERS * STREAMS_PER_USER)} open event streams, share of a core`,
        value: median(shares),
        unit: 'cores',
        wanted: { relation: '<=', value: 0.1 },
      },
      {
        bar: 'F1',
        what: 'p50 of GET /api/users/me of somebody else with them, against without',
        value: median(ratios),
        unit: 'x',
        wanted: { relation: '<=', value: 1.2 },
      },
    ];
  } finally {
    await bench.stop();
  }
}

async function newFollower({ server, nextcloud }: BenchNextcloud, index: number): Promise<Follower> {
  const [uid, api] = [`follower${String(index)}`, new ApiClient(server.url)];
  nextcloud.addUser({ uid, password: 'not-used' });
  const credentials = { email: `${uid}-${String(Date.now())}@clinic.example`, password: PASSWORD };
  await api.post('/api/auth/register', credentials);
  const { access_token: token } = await api.post<{ access_token: string }>('/api/auth/login', credentials);
  api.accessToken = token;
  const json = { login_name: uid, app_password: nextcloud.createAppPassword(uid) };
  await api.put('/api/integrations/nextcloud/account', json);
  const job = await api.post<{ job_id: string }>('/api/integrations/files/scan-and-index?wait=0', {});
  return { token, jobId: job.job_id };
}

/** Opened once each has shown its first event. */
async function openStreams(url: string, followers: readonly Follower[]): Promise<ClientRequest[]> {
  const opened: ClientRequest[] = [];
  for (const { token, jobId } of followers) {
    for (let index = 0; index < STREAMS_PER_USER; index += 1) {
      const request = get(`${url}/api/jobs/${jobId}/events`, {
        headers: { authorization: `Bearer ${token}` },
        agent: false,
      });
      request.on('error', () => undefined);
      const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
      if (response.statusCode !== 200) throw new Error(`A stream was answered ${String(response.statusCode)}`);
      response.on('error', () => undefined);
      await once(response, 'data');
      response.resume();
      opened.push(request);
    }
  }
  return opened;
}

async function cpuShareOf(pid: number): Promise<number> {
  const before = processorMsOf(pid);
  await sleep(CPU_MS);
  return (processorMsOf(pid) - before) / CPU_MS;
}

async function p50Of(api: ApiClient): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < REQUESTS; index += 1) times.push(await timed(() => api.get('/api/users/me')));
  return median(times);
}
