// S41: DAV answers made to hurt, seen from outside the server: the call fails typed and soon, memory stays, others go on.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { HostileXml } from '../../nextcloud-double/faults.ts';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, createUser, type Problem, type TestUser } from '../../support/api.ts';
import { createLinkedUser, putFiles, startSettledNextcloud } from '../../support/indexed-account.ts';
import { processorMsOf } from '../../support/processor-time.ts';
import { ServerUnderTest } from '../../support/server-under-test.ts';

const KINDS: HostileXml[] = [
  'entity-bomb',
  'external-entity',
  'deep-nesting',
  'huge-text',
  'many-attributes',
  'endless',
  'wrong-root',
  'not-well-formed',
  'empty',
];
const MAX_WORK_MS = 2000;
/** Most of it is waiting by intention; a time-out of the way to Nextcloud would take 30 s. */
const SLOWEST_MS = 20_000;
const LEAST_NOTICED_MS = 500;
const LEAST_SAMPLES = 5;
const MAX_GROWTH_MB = 100;
const PAUSE_MS = 20;

let nextcloud: NextcloudDouble;
let server: ServerUnderTest;
let victim: TestUser;
let bystander: TestUser;
let usualWaitMs: number;

beforeAll(async () => {
  nextcloud = await startSettledNextcloud();
  server = await ServerUnderTest.start({
    env: { NEXTCLOUD_URL: nextcloud.url, RATE_LIMIT_REQUESTS_PER_MINUTE: '1000000' },
  });
  victim = await createLinkedUser(server, nextcloud, 'victim');
  bystander = await createUser(server);
  putFiles(nextcloud, 'victim', { '/Documents/a.txt': 'Colchicine relieves gout.' });
  await index();
  usualWaitMs = await bystanderWaitMs(AbortSignal.abort());
});
afterAll(async () => {
  await server.stop();
  await nextcloud.stop();
});

function index() {
  return call<Problem>(server, 'POST /api/integrations/files/index?wait=30', {
    token: victim.access_token,
    json: { file_path: '/Documents/a.txt' },
  });
}

function residentMb(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1] ?? NaN) / 1024;
}

/** How long a bystander mostly waits for the own profile until `isOver` aborts: the median, in milliseconds. */
async function bystanderWaitMs(isOver: AbortSignal): Promise<number> {
  const durations: number[] = [];
  while (!isOver.aborted || durations.length < LEAST_SAMPLES) {
    const since = performance.now();
    expect((await call(server, 'GET /api/users/me', { token: bystander.access_token })).status).toBe(200);
    durations.push(performance.now() - since);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return durations.sort((a, b) => a - b)[Math.floor(durations.length / 2)] ?? Infinity;
}

describe('a Nextcloud whose answers are hostile', () => {
  it.each(KINDS)(
    'S41 %s fails that call within 2 s of work as an upstream problem, in bounded memory, and nobody else waits',
    async (kind) => {
      const before = residentMb();
      nextcloud.faults.hostileXml = kind;
      const isOver = new AbortController();
      const waiting = bystanderWaitMs(isOver.signal);
      const workedMs = processorMsOf(server.pid);
      const since = performance.now();
      const answer = await index();
      const duration = performance.now() - since;
      const workMs = processorMsOf(server.pid) - workedMs;
      isOver.abort();
      nextcloud.faults.reset();
      expect([answer.status, answer.body.code]).toEqual([502, 'upstream-protocol-error']);
      expect(workMs).toBeLessThan(MAX_WORK_MS);
      expect(duration).toBeLessThan(SLOWEST_MS);
      expect(residentMb() - before).toBeLessThan(MAX_GROWTH_MB);
      expect(await waiting).toBeLessThan(Math.max(LEAST_NOTICED_MS, 10 * usualWaitMs));
    },
  );

  it('S41 names of other places lead nowhere', async () => {
    nextcloud.clearRequests();
    nextcloud.faults.hostileXml = 'foreign-hrefs';
    const answer = await index();
    nextcloud.faults.reset();
    expect(answer.status).toBeGreaterThanOrEqual(400);
    const paths = nextcloud.requests.map(({ path }) => path).filter((path) => path.includes('/dav/'));
    expect(paths.filter((path) => !path.startsWith('/remote.php/dav/files/victim'))).toEqual([]);
  });

  it('S41 works again with the same account afterwards', async () => {
    await server.until(async () => (await index()).status === 200);
  });
});
