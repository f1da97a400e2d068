// R10: SIGTERM while requests and an indexing job are running.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, type TestUser } from '../../support/api.ts';
import { createLinkedUser, startSettledNextcloud } from '../../support/indexed-account.ts';
import { ServerUnderTest } from '../../support/server-under-test.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts';

const FILES = 240;
const REQUESTS = 20;
const SLOW_MS = 3000;
const LONGEST_STOP_MS = 10_000;

interface JobBody {
  readonly id: string;
  readonly state: string;
  readonly progress: Readonly<Record<string, number>>;
}

describe('SIGTERM with 20 requests of 3 s, an idle connection and an indexing job in progress', () => {
  let nextcloud: NextcloudDouble;
  let proxy: TcpProxy;
  let database: TestDatabase;
  let dataDir: string;
  let user: TestUser;
  let env: Record<string, string | undefined>;

  beforeAll(async () => {
    // Behind a frozen proxy every connection is idle to it; it must not be the one that gives up.
    nextcloud = await startSettledNextcloud({ keepAliveTimeoutMs: 600_000 });
    proxy = await TcpProxy.start({ host: '127.0.0.1', port: Number(new URL(nextcloud.url).port) });
    database = await createTestDatabase();
    dataDir = mkdtempSync(join(tmpdir(), 'voiceassist-stop-'));
    env = {
      NEXTCLOUD_URL: `http://127.0.0.1:${proxy.port}`,
      DATABASE_URL: database.url,
      RATE_LIMIT_LINK_PER_HOUR: '1000',
    };
  });
  afterAll(async () => {
    await proxy.stop();
    await nextcloud.stop();
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const read = async (server: ServerUnderTest, id: string): Promise<JobBody> =>
    (await call<JobBody>(server, `GET /api/jobs/${id}`, { token: user.access_token })).body;

  it('R10 /ready is 503 before any of them is answered, all 20 are answered, the job goes back to the queue, the exit code is 0', async () => {
    const server = await ServerUnderTest.start({ env, dataDir });
    user = await createLinkedUser(server, nextcloud, 'busy');
    nextcloud.seedTree({ uid: 'busy', root: '/Documents', folders: 3, filesPerFolder: FILES / 3 });
    // The job cannot end before it is stopped.
    const release = nextcloud.hold('/folder-00003/file-00080.txt');
    const { body: job } = await call<JobBody>(server, 'POST /api/integrations/files/scan-and-index?wait=0', {
      token: user.access_token,
    });
    await server.until(async () => ((await read(server, job.id)).progress['files_indexed'] ?? 0) > 5);

    const idle = connect(Number(new URL(server.url).port), '127.0.0.1');
    idle.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(idle, 'data');
    const idleClosed = once(idle, 'close');

    proxy.become('freeze');
    let answered = 0;
    const slow = Array.from({ length: REQUESTS }, async () => {
      const { status } = await call(server, 'POST /api/integrations/nextcloud/link', { token: user.access_token });
      answered += 1;
      return status;
    });
    const slowEnough = new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    // Asked after them and answered: the server has all of them.
    await read(server, job.id);
    const stoppedAt = performance.now();
    server.signal('SIGTERM');
    await server.until(async () => (await fetch(`${server.url}/ready`)).status === 503);
    expect(answered).toBe(0);

    await slowEnough;
    proxy.become('pass');
    expect(await Promise.all(slow)).toEqual(Array(REQUESTS).fill(201));
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - stoppedAt).toBeLessThan(LONGEST_STOP_MS);
    await idleClosed;
    release();

    const reader = await ServerUnderTest.start({ env: { ...env, PROCESS_ROLE: 'api' }, dataDir });
    const stopped = await read(reader, job.id);
    await reader.stop();
    expect(stopped.state).toBe('queued');
    expect(stopped.progress['files_indexed']).toBeGreaterThan(5);
    expect(stopped.progress['files_indexed']).toBeLessThan(FILES);

    const next = await ServerUnderTest.start({ env, dataDir });
    try {
      await next.until(async () => (await read(next, job.id)).state === 'succeeded');
      const { progress } = await read(next, job.id);
      expect(progress).toMatchObject({ files_discovered: FILES, files_failed: 0 });
      expect((progress['files_indexed'] ?? 0) + (progress['files_skipped'] ?? 0)).toBe(FILES);
    } finally {
      await next.stop();
    }
  }, 240_000);
});

describe('SIGTERM while passwords are hashed that take longer than the time to stop', () => {
  it('F12 answers every login 503, ends within the time with exit code 0, and logs no error', async () => {
    // A hash of 16 rounds takes several seconds on any machine of today.
    const server = await ServerUnderTest.start({
      env: { BCRYPT_ROUNDS: '16', SHUTDOWN_GRACE_SECONDS: '2', LOG_LEVEL: 'info' },
    });
    const attempts = Array.from({ length: 6 }, (_, index) =>
      call(server, 'POST /api/auth/login', { json: { email: `nobody-${index}@clinic.example`, password: 'x' } }),
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    const startedAt = performance.now();
    server.signal('SIGTERM');
    const answers = await Promise.all(attempts);
    expect(answers.map(({ status, body }) => [status, body['code']])).toEqual(
      Array.from({ length: 6 }, () => [503, 'service-stopping']),
    );
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedAt).toBeLessThan(LONGEST_STOP_MS);
    expect(server.output).not.toMatch(/"level":(50|60)|    at /);
  });
});
