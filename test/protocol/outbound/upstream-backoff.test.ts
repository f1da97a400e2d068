// An upstream that asks to be left alone is (bar R8), and a Nextcloud whose throttle is closed gets no Basic login.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryCounters } from '../../../src/ephemeral/memory-counters.ts';
import { nextcloudPolicy } from '../../../src/nextcloud/dav/nextcloud.policy.ts';
import { OcsClient } from '../../../src/nextcloud/server/ocs.client.ts';
import { OutboundClient } from '../../../src/outbound/outbound.client.ts';
import { retryAfterBackoff } from '../../../src/outbound/retry-after.ts';
import { defineUpstreamPolicy } from '../../../src/outbound/upstream.policy.ts';
import { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { answerText, ScriptedServer } from '../../support/scripted-server.ts';

const open: { close: () => Promise<void> }[] = [];
let now: number;
let counters: MemoryCounters;

beforeEach(() => {
  now = 0;
  counters = new MemoryCounters(() => now);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((thing) => thing.close()));
});

function clientOf(origin: string): OutboundClient {
  const client = new OutboundClient({ operatorOrigins: [origin], counters });
  open.push(client);
  return client;
}

describe('a Nextcloud that refuses Basic logins for a while', () => {
  async function throttled() {
    const nextcloud = await NextcloudDouble.start();
    open.push({ close: () => nextcloud.stop() });
    nextcloud.addUser({ uid: 'anna', password: 'password of anna' });
    const login = { loginName: 'anna', secret: nextcloud.createAppPassword('anna') };
    const ocsOf = () => {
      const outbound = clientOf(nextcloud.url);
      return new OcsClient({ outbound, policy: nextcloudPolicy(nextcloud.url), baseUrl: nextcloud.url });
    };
    return {
      nextcloud,
      ocsOf,
      basic: { ...login, scheme: 'basic' } as const,
      bearer: { ...login, scheme: 'bearer' } as const,
    };
  }
  const refusal = expect.objectContaining({
    code: 'upstream-throttled',
    options: expect.objectContaining({ retryAfterSeconds: 1_800 }),
  });

  it('gets none for half an hour from any process, and Bearer goes on', async () => {
    const { nextcloud, ocsOf, basic, bearer } = await throttled();
    const [one, two] = [ocsOf(), ocsOf()];
    nextcloud.faults.tooManyRequests('/ocs/', 1);
    await expect(one.self(basic)).rejects.toMatchObject({ code: expect.stringMatching(/^upstream-/) });
    expect(nextcloud.requests).toHaveLength(1);
    await expect(one.self(basic)).rejects.toEqual(refusal);
    await expect(two.self(basic)).rejects.toEqual(refusal);
    expect(nextcloud.requests).toHaveLength(1);
    expect(await one.self(bearer)).toMatchObject({ uid: 'anna' });
    expect(await two.self(bearer)).toMatchObject({ uid: 'anna' });
  });

  it('is asked by Basic again when the half hour is over', async () => {
    const { nextcloud, ocsOf, basic } = await throttled();
    nextcloud.faults.tooManyRequests('/ocs/', 1);
    await expect(ocsOf().self(basic)).rejects.toThrow();
    now = 1_799_000;
    await expect(ocsOf().self(basic)).rejects.toMatchObject({ options: { retryAfterSeconds: 1 } });
    now = 1_800_000;
    expect(await ocsOf().self(basic)).toMatchObject({ uid: 'anna' });
  });
});

describe('R8: an upstream that answers 503 or 429 with Retry-After', () => {
  async function serve(status: number, retryAfter: string) {
    let isWell = false;
    const server = await ScriptedServer.start(({ socket }) =>
      socket.write(isWell ? answerText(200, 'ok') : answerText(status, '', { 'Retry-After': retryAfter })),
    );
    open.push({ close: () => server.stop() });
    const client = clientOf(server.origin);
    const policy = defineUpstreamPolicy({ name: 'test', origin: server.origin, trust: 'operator' });
    const send = async (more: object = {}) => {
      const answer = await client.request(policy, { method: 'GET', url: `${server.origin}/`, ...more });
      answer.discard();
      return answer.status;
    };
    return { server, send, recover: () => (isWell = true) };
  }
  const asked = expect.objectContaining({
    code: 'upstream-busy',
    options: expect.objectContaining({ logContext: { upstream: 'test', reason: 'asked-to-wait' } }),
  });

  it('503: is not asked by anybody before its time, but for a probe of its health', async () => {
    const { server, send } = await serve(503, '120');
    expect(await send()).toBe(503);
    await expect(send()).rejects.toEqual(asked);
    await expect(send({ channel: 'bearer', method: 'PUT' })).rejects.toMatchObject({
      options: { retryAfterSeconds: 120 },
    });
    expect(server.requests).toHaveLength(1);
    expect(await send({ isProbe: true })).toBe(503);
    expect(server.requests).toHaveLength(2);
  });

  it('429: is not asked with logins of that scheme, and with others it is', async () => {
    const { server, send, recover } = await serve(429, '120');
    expect(await send({ channel: 'basic' })).toBe(429);
    recover();
    await expect(send({ channel: 'basic' })).rejects.toEqual(asked);
    expect(await send({ channel: 'bearer' })).toBe(200);
    expect(server.requests).toHaveLength(2);
  });

  it('a call that waited as it was asked to, and was answered, ends the waiting of everybody', async () => {
    const { server, send, recover } = await serve(503, '1');
    const waiting = send();
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    recover();
    expect(await waiting).toBe(200);
    expect(await send()).toBe(200);
  });

  it('is left alone for an hour at most, whatever it asks for, and not at all for what cannot be read', () => {
    const rest = (value: string, status = 503) =>
      retryAfterBackoff({ status, headers: { 'retry-after': value }, channel: 'x' })?.seconds;
    expect([rest('31536000'), rest('10'), rest('0'), rest('soon'), rest('10', 500)]).toEqual([
      3_600,
      10,
      undefined,
      undefined,
      undefined,
    ]);
    expect(retryAfterBackoff({ status: 503, headers: {}, channel: 'x' })).toBeNull();
  });
});
