// Limits that several servers share through Redis, and what holds while Redis is away (bars S8, S17, R6). Needs TEST_REDIS_URL.
import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { StorageConfig } from '../../../src/config/storage.config.ts';
import { Secret } from '../../../src/config/secret.ts';
import { RedisConnection } from '../../../src/ephemeral/redis-connection.ts';
import { SharedCounters } from '../../../src/ephemeral/shared-counters.ts';
import { call, createUser } from '../../support/api.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const SERVER = process.env['TEST_REDIS_URL'];
const suite = SERVER === undefined ? describe.skip : describe;

suite('counters in the Redis of TEST_REDIS_URL', () => {
  const target = new URL(SERVER ?? 'redis://localhost');
  let proxy: TcpProxy;
  let proxied: string;
  let redis: Redis;

  beforeAll(async () => {
    redis = new Redis(target.href);
    proxy = await TcpProxy.start({ host: target.hostname, port: Number(target.port || 6379) });
    const url = new URL(target.href);
    url.host = `127.0.0.1:${proxy.port}`;
    proxied = url.href;
  });
  beforeEach(() => redis.flushdb());
  afterEach(() => proxy.become('pass'));
  afterAll(async () => {
    redis.disconnect();
    await proxy.stop();
  });

  async function connected(url = proxied): Promise<{ connection: RedisConnection; counters: SharedCounters }> {
    const connection = new RedisConnection(Object.assign(new StorageConfig(), { redisUrl: new Secret(url) }));
    const counters = new SharedCounters(connection);
    await untilUp(connection);
    return { connection, counters };
  }

  async function untilUp(connection: RedisConnection): Promise<void> {
    for (let attempt = 0; attempt < 1200; attempt += 1) {
      try {
        await connection.ping();
        return;
      } catch {
        await sleep(50);
      }
    }
    throw new Error('Redis did not come back within 60 s');
  }

  const HIT = { windowMs: 60_000, by: 1 } as const;

  it('counts two processes together, each hit once', async () => {
    const [one, two] = [await connected(), await connected()];
    const counts = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? one : two).counters.add('shared', HIT)),
    );
    expect(counts.map(({ count }) => count).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
    for (const { connection } of [one, two]) connection.onModuleDestroy();
  });

  it('gives every counter an end, takes hits back to zero at most, and starts again after the window', async () => {
    const { connection, counters } = await connected();
    const key = 'voiceassist:counter:short';
    await counters.add('short', HIT);
    const leftMs = await redis.pttl(key);
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(HIT.windowMs);
    await counters.add('short', { ...HIT, by: -1 });
    expect(await counters.add('short', { ...HIT, by: -1 })).toMatchObject({ count: 0 });
    // As when the time that is left has gone by.
    await redis.pexpire(key, 0);
    expect(await counters.add('short', { ...HIT, by: -1 })).toEqual({ count: 0, remainingMs: 0 });
    expect(await counters.add('short', { ...HIT, by: 0 })).toEqual({ count: 0, remainingMs: 0 });
    expect(await redis.exists(key)).toBe(0);
    expect(await counters.add('short', HIT)).toMatchObject({ count: 1 });
    connection.onModuleDestroy();
  });

  it('does not take its own work for the silence of Redis: an answer that came meanwhile counts', async () => {
    const { connection, counters } = await connected(target.href);
    await redis.set('voiceassist:counter:busy', 10);
    const answer = counters.add('busy', HIT);
    await nextTurn();
    const busyUntil = performance.now() + 1000;
    while (performance.now() < busyUntil);
    expect((await answer).count).toBe(11);
    connection.onModuleDestroy();
  });

  it.each(['freeze', 'refuse'] as const)(
    'R6 counts on by itself when Redis is gone (%s), waits for it once or twice, and replays nothing later',
    async (mode) => {
      const { connection, counters } = await connected();
      for (let hit = 1; hit <= 3; hit += 1) await counters.add('mine', HIT);
      proxy.become(mode);
      const durationsMs: number[] = [];
      let waits = 0;
      for (let hit = 4; hit <= 40; hit += 1) {
        const start = performance.now();
        const answer = counters.add('mine', HIT);
        // What needs neither Redis nor a timer is there before the event loop turns.
        if (!(await Promise.race([answer.then(() => true), nextTurn(false)]))) waits += 1;
        expect((await answer).count).toBe(hit);
        durationsMs.push(performance.now() - start);
      }
      expect(waits).toBeLessThanOrEqual(2);
      // The time-out is 200 ms; the rest is room for a busy machine.
      expect(Math.max(...durationsMs)).toBeLessThan(2000);
      proxy.become('pass');
      await untilUp(connection);
      // Redis knows the three hits before; of those while it was frozen at most the one that was under way.
      expect(Number(await redis.get('voiceassist:counter:mine'))).toBeLessThanOrEqual(4);
      expect((await counters.add('mine', HIT)).count).toBeLessThanOrEqual(5);
      connection.onModuleDestroy();
    },
  );

  describe('two servers', () => {
    let one: TestApp;
    let other: TestApp;

    beforeAll(async () => {
      const env = {
        REDIS_URL: proxied,
        RATE_LIMIT_REGISTER_PER_HOUR: '',
        RATE_LIMIT_LOGIN_PER_MINUTE: '',
        RATE_LIMIT_REFRESH_PER_MINUTE: '',
        JWT_SECRET: randomBytes(64).toString('base64url'),
      };
      [one, other] = [await startTestApp({ env }), await startTestApp({ env })];
    });
    afterAll(() => Promise.all([one.close(), other.close()]));
    beforeEach(async () => {
      await untilUp(one.app.get(RedisConnection));
      await untilUp(other.app.get(RedisConnection));
    });

    it.each([
      { route: 'POST /api/auth/register', most: 5, json: { email: 'x', password: 'x' } },
      { route: 'POST /api/auth/login', most: 10, json: { email: 'x', password: 'x' } },
      { route: 'POST /api/auth/refresh', most: 20, json: { refresh_token: 'x' } },
    ])(
      'S8 let $most requests of one address to $route pass between them, and no more',
      async ({ route, most, json }) => {
        const statuses = [];
        for (let index = 0; index < most + 4; index += 1) {
          statuses.push((await call(index % 2 ? one : other, route, { json })).status);
        }
        expect(statuses.slice(0, most)).not.toContain(429);
        expect(statuses.slice(most)).toEqual([429, 429, 429, 429]);
      },
    );

    it.each(['freeze', 'refuse'] as const)(
      'R6 limits still hold on each server when Redis is gone (%s)',
      async (mode) => {
        proxy.become(mode);
        const statuses = [];
        for (let index = 0; index < 12; index += 1) {
          const start = performance.now();
          statuses.push((await call(one, 'POST /api/auth/refresh', { json: { refresh_token: 'x' } })).status);
          expect(performance.now() - start).toBeLessThan(5000);
        }
        expect(statuses.filter((status) => status >= 500)).toEqual([]);
        const more = [];
        for (let index = 0; index < 20; index += 1) {
          more.push((await call(one, 'POST /api/auth/refresh', { json: { refresh_token: 'x' } })).status);
        }
        expect(more.at(-1)).toBe(429);
      },
    );

    it('S17 X-auth10 refuses a session that was ended, also when Redis is gone and has lost everything', async () => {
      const user = await createUser(one);
      await call(one, 'POST /api/auth/logout', { token: user.access_token });
      proxy.become('refuse');
      await redis.flushdb();
      expect((await call(one, 'GET /api/auth/me', { token: user.access_token })).status).toBe(401);
    });
  });
});
