// R4 and S60: PostgreSQL goes away for some seconds while users read and write. Needs TEST_DATABASE_URL.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, createUser, type Problem, type TestUser } from '../../support/api.ts';
import { ServerUnderTest } from '../../support/server-under-test.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { createTestDatabase, HAS_DATABASE_SERVER, type TestDatabase } from '../../support/test-database.ts';

const suite = HAS_DATABASE_SERVER ? describe : describe.skip;
const USERS = 4;
const CLIENTS_PER_USER = 3;
const OUTAGE_MS = 6000;
const SLOWEST_MS = 3000;

interface Seen {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly status: number;
  readonly text: string;
}

suite('PostgreSQL goes away under load (needs TEST_DATABASE_URL)', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let server: ServerUnderTest;
  const users: TestUser[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    const url = new URL(database.url ?? '');
    proxy = await TcpProxy.start({ host: url.hostname, port: Number(url.port) });
    url.host = `127.0.0.1:${proxy.port}`;
    const env = { DATABASE_URL: url.href, RATE_LIMIT_REQUESTS_PER_MINUTE: '1000000' };
    server = await ServerUnderTest.start({ env });
    for (let index = 0; index < USERS; index += 1) users.push(await createUser(server));
  });
  afterAll(async () => {
    proxy.become('pass');
    await server.stop();
    await proxy.stop();
    await database.drop();
  });

  it('R4 answers 503 within 3 s, hangs nowhere, recovers within 5 s and keeps every acknowledged write', async () => {
    const seen: Seen[] = [];
    const acknowledged = new Map<string, number>();
    const attempted = new Map<string, number>();
    const isOver = new AbortController();
    const work = users.flatMap((user) =>
      Array.from({ length: CLIENTS_PER_USER }, async (_, client) => {
        for (let count = 0; !isOver.signal.aborted; count += 1) {
          const startedAt = performance.now();
          // One client of a user writes, so that the order of its writes is known.
          const isWrite = client === 0;
          if (isWrite) attempted.set(user.id, count);
          const { status, text } = isWrite
            ? await call(server, 'PUT /api/users/me', {
                token: user.access_token,
                json: { full_name: `name ${count}` },
              })
            : await call(server, 'GET /api/users/me', { token: user.access_token });
          seen.push({ startedAt, endedAt: performance.now(), status, text });
          if (isWrite && status === 200) acknowledged.set(user.id, count);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 2000));
    proxy.become('refuse');
    const goneAt = performance.now();
    await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
    proxy.become('pass');
    const backAt = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 7000));
    isOver.abort();
    await Promise.all(work);

    const slowest = Math.max(...seen.map(({ startedAt, endedAt }) => endedAt - startedAt));
    expect(slowest).toBeLessThan(SLOWEST_MS);
    expect(new Set(seen.map(({ status }) => status))).toEqual(new Set([200, 503]));
    const during = seen.filter(({ startedAt, endedAt }) => startedAt > goneAt + 100 && endedAt < backAt);
    expect(during.length).toBeGreaterThan(20);
    expect(new Set(during.map(({ status }) => status))).toEqual(new Set([503]));
    const late = seen.filter(({ startedAt }) => startedAt > backAt + 5000);
    expect(late.length).toBeGreaterThan(20);
    expect(new Set(late.map(({ status }) => status))).toEqual(new Set([200]));

    for (const user of users) {
      const { body } = await call(server, 'GET /api/users/me', { token: user.access_token });
      const stored = Number(String(body['full_name']).replace('name ', ''));
      expect(stored).toBeGreaterThanOrEqual(acknowledged.get(user.id) ?? Infinity);
      expect(stored).toBeLessThanOrEqual(attempted.get(user.id) ?? -1);
    }
    const failure = JSON.parse(during[0]?.text ?? '{}') as Problem & { instance: string };
    expect([failure.code, failure.status]).toEqual(['service-unavailable', 503]);
    expect(failure.instance).toMatch(/^[\w-]{36}$/);
    expect(during.map(({ text }) => text).join()).not.toMatch(/ECONN|select |postgres|node_modules|127\.0\.0\.1/i);
    expect(server.output).not.toMatch(/unhandled|uncaught|nobody caught/i);
    expect(server.isRunning).toBe(true);
  });
});
