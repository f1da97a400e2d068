// The one way out, against servers that send exactly the bytes a test wants.
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { readBytes } from '../../../src/outbound/bounded-read.ts';
import { OutboundClient, type OutboundOptions } from '../../../src/outbound/outbound.client.ts';
import type { ExchangeRecord, OutboundRequest } from '../../../src/outbound/outbound.types.ts';
import { defineUpstreamPolicy, type UpstreamPolicy } from '../../../src/outbound/upstream.policy.ts';
import { answerText, ScriptedServer, type ScriptedRequest } from '../../support/scripted-server.ts';

const open: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  jest.useRealTimers();
  await Promise.all(open.splice(0).map((thing) => thing.close()));
});

/** From here on time limits see only the time that the test lets pass; sockets go on as ever. */
function stopClock(): void {
  jest.useFakeTimers({
    doNotFake: ['Date', 'hrtime', 'nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate', 'setInterval'],
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}

async function serve(answer: (request: ScriptedRequest) => void): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(answer);
  open.push({ close: () => server.stop() });
  return server;
}

function clientOf(options: OutboundOptions): OutboundClient {
  const client = new OutboundClient(options);
  open.push(client);
  return client;
}

function to(server: ScriptedServer, policy: Partial<UpstreamPolicy> = {}) {
  const records: ExchangeRecord[] = [];
  const { origin } = server;
  const client = clientOf({ operatorOrigins: [server.origin], onExchange: (record) => records.push(record) });
  const full = defineUpstreamPolicy({ name: 'test', origin: server.origin, trust: 'operator', ...policy });
  const send = (request: Partial<OutboundRequest> = {}) =>
    client.request(full, { method: 'GET', url: `${origin}/a?b=c`, ...request });
  const text = async (request: Partial<OutboundRequest> = {}) => {
    const response = await send(request);
    return (await readBytes(response.body, 1e9, 'test')).toString();
  };
  return { client, policy: full, send, text, records };
}

const failsWith = (code: string, reason?: string) =>
  expect.objectContaining({
    code,
    ...(reason ? { options: expect.objectContaining({ logContext: { upstream: 'test', reason } }) } : {}),
  });

describe('an answer', () => {
  it('is returned with lower-case fields, without cookies, whatever its status', async () => {
    const server = await serve(({ socket }) =>
      socket.write(answerText(404, 'gone', { 'X-One': 'a', 'Set-Cookie': 'session=1' })),
    );
    const { send } = to(server);
    const response = await send();
    expect(response.status).toBe(404);
    expect(response.headers).toEqual({ 'x-one': 'a', 'content-length': '4' });
    expect((await readBytes(response.body, 10, 'test')).toString()).toBe('gone');
  });

  it('F28 is asked for in the name of this server and its version, unless the caller goes by another', async () => {
    const asked: string[] = [];
    const server = await serve((request) => {
      asked.push(request.text);
      request.socket.write(answerText(200, 'ok'));
    });
    const { text } = to(server);
    await text();
    await text({ method: 'PROPFIND', headers: { 'user-agent': 'Login flow' } });
    const names = asked.map((head) => /^user-agent: (.*)$/im.exec(head)?.[1]);
    expect(names).toEqual([expect.stringMatching(/^voiceassist-server\/\d+\.\d+\.\d+/), 'Login flow']);
  });

  it('reuses the connection and reports each exchange without path or query', async () => {
    const server = await serve(({ socket }) => socket.write(answerText(200, 'ok')));
    const { text, records } = to(server, { concurrency: 1 });
    await text();
    await text();
    expect(server.connections).toBe(1);
    expect(records).toEqual([
      { policy: 'test', method: 'GET', status: 200, durationMs: expect.any(Number), bytes: 2 },
      { policy: 'test', method: 'GET', status: 200, durationMs: expect.any(Number), bytes: 2 },
    ]);
    expect(JSON.stringify(records)).not.toContain('b=c');
  });

  it('of 304 may tell the length of the body that it leaves out, and the next request is answered', async () => {
    const server = await serve(({ socket, index }) =>
      socket.write(index === 0 ? 'HTTP/1.1 304 Not Modified\r\nContent-Length: 123\r\n\r\n' : answerText(200, 'next')),
    );
    const { send, text } = to(server, { concurrency: 1 });
    const { status, body } = await send();
    expect(status).toBe(304);
    expect((await readBytes(body, 10, 'test')).length).toBe(0);
    expect(await text()).toBe('next');
  });

  it('frees its place when the body is discarded or left early', async () => {
    const server = await serve(({ socket }) => socket.write(answerText(200, 'x'.repeat(1_000_000))));
    const { send, text } = to(server, { concurrency: 1 });
    (await send()).discard();
    for await (const piece of (await send()).body) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect((await text()).length).toBe(1_000_000);
  });
});

describe('an answer that is cut, endless, slow or damaged', () => {
  it('fails when the connection closes before the announced end', async () => {
    const server = await serve(({ socket }) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'));
    await expect(to(server).text()).rejects.toEqual(failsWith('upstream-unavailable', 'reset'));
  });

  it('fails when the body is larger than allowed, before all of it is read', async () => {
    const server = await serve(({ socket }) => socket.write(answerText(200, 'x'.repeat(3_000_000))));
    await expect(to(server, { maxBodyBytes: 100_000 }).text()).rejects.toEqual(
      failsWith('upstream-protocol-error', 'body-too-large'),
    );
  });

  it('fails when one byte comes per moment', async () => {
    let sent = 0;
    let upstream: Socket | undefined;
    const server = await serve(({ socket }) => {
      upstream = socket;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
    });
    const { send } = to(server, { idleBodyTimeoutMs: 10_000 });
    stopClock();
    const pieces = (await send()).body[Symbol.asyncIterator]();
    const readSlowly = async (): Promise<never> => {
      for (;;) {
        const piece = pieces.next();
        jest.advanceTimersByTime(4_000);
        upstream?.write('x');
        sent += 1;
        await piece;
      }
    };
    await expect(readSlowly()).rejects.toEqual(failsWith('upstream-timeout', 'slow-body'));
    expect(sent).toBe(3);
  });

  it('does not blame the upstream when our own reader is slow', async () => {
    const server = await serve(({ socket }) => socket.write(answerText(200, 'x'.repeat(200_000))));
    const { send } = to(server, { idleBodyTimeoutMs: 10_000, totalTimeoutMs: 1e9 });
    stopClock();
    let bytes = 0;
    for await (const piece of (await send()).body) {
      bytes += piece.length;
      jest.advanceTimersByTime(60_000);
    }
    expect(bytes).toBe(200_000);
  });

  it('fails when the body stops', async () => {
    const server = await serve(({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx'));
    const { send } = to(server, { idleBodyTimeoutMs: 10_000 });
    stopClock();
    const pieces = (await send()).body[Symbol.asyncIterator]();
    expect(await pieces.next()).toMatchObject({ done: false });
    const rest = expect(pieces.next()).rejects.toEqual(failsWith('upstream-timeout', 'idle-body'));
    jest.advanceTimersByTime(10_000);
    await rest;
  });

  it('fails when no header comes, and when the whole call takes too long', async () => {
    const server = await serve(() => undefined);
    const { text, policy } = to(server);
    stopClock();
    const headerless = expect(text()).rejects.toEqual(failsWith('upstream-timeout', 'headers'));
    await until(() => server.requests.length === 1);
    jest.advanceTimersByTime(policy.connectTimeoutMs + policy.headersTimeoutMs);
    await headerless;
    const endless = expect(text({ totalTimeoutMs: 1_000 })).rejects.toEqual(failsWith('upstream-timeout', 'total'));
    await until(() => server.requests.length === 2);
    jest.advanceTimersByTime(1_000);
    await endless;
  });

  it('breaks off a body that nobody reads when the time of the call is over', async () => {
    const server = await serve(({ socket }) => socket.write(answerText(200, 'x'.repeat(1_000_000))));
    const { send, text } = to(server, { concurrency: 1, totalTimeoutMs: 60_000 });
    stopClock();
    await send();
    const early = expect(send({ totalTimeoutMs: 1_000 })).rejects.toEqual(failsWith('upstream-timeout', 'total'));
    jest.advanceTimersByTime(1_000);
    await early;
    const late = text({ totalTimeoutMs: 600_000 });
    jest.advanceTimersByTime(59_000);
    expect((await late).length).toBe(1_000_000);
    expect(server.requests).toHaveLength(2);
  });

  it('fails on bytes that are not HTTP and on a header without end', async () => {
    const garbage = await serve(({ socket }) => socket.end('SSH-2.0-OpenSSH_9\r\n'));
    await expect(to(garbage).text()).rejects.toEqual(failsWith('upstream-protocol-error', 'http-syntax'));
    const endless = await serve(({ socket }) => socket.write(`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(100_000)}`));
    await expect(to(endless).text()).rejects.toEqual(failsWith('upstream-protocol-error', 'http-syntax'));
  });

  it('decodes gzip that was asked for, and refuses a bomb, damage and other codings', async () => {
    const answers: Record<string, Buffer> = {
      '/good': gzipSync('hello'.repeat(1_000)),
      '/bomb': gzipSync(Buffer.alloc(64 * 1_024 * 1_024)),
      '/damaged': gzipSync('hello').fill(7, 12),
    };
    const server = await serve(({ socket, text }) => {
      const path = text.split(' ')[1] ?? '';
      const body = answers[path] ?? Buffer.from('?');
      const coding = answers[path] ? 'gzip' : 'br';
      socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${String(body.length)}\r\n\r\n`);
      socket.write(body);
    });
    const { text } = to(server, { maxBodyBytes: 1e9 });
    const get = (path: string) => text({ url: server.origin + path, acceptsGzip: true });
    expect(await get('/good')).toBe('hello'.repeat(1_000));
    expect(server.requests[0]).toMatch(/accept-encoding: gzip/i);
    await expect(get('/bomb')).rejects.toEqual(failsWith('upstream-protocol-error', 'gzip-ratio'));
    await expect(get('/damaged')).rejects.toEqual(failsWith('upstream-protocol-error', 'gzip'));
    await expect(get('/brotli')).rejects.toEqual(failsWith('upstream-protocol-error', 'content-encoding'));
  });
});

describe('S37: a request that would leave the pinned origin', () => {
  it.each([301, 302, 303, 307, 308])('does not follow a redirect with %d, even to the same origin', async (status) => {
    const other = await serve(({ socket }) => socket.write(answerText(200, 'leaked')));
    const server = await serve(({ socket, index }) =>
      socket.write(answerText(status, '', { Location: index === 0 ? `${other.origin}/x` : '/x' })),
    );
    const { text } = to(server);
    const headers = { authorization: 'Bearer secret' };
    await expect(text({ headers })).rejects.toEqual(failsWith('upstream-misconfigured', 'redirect'));
    await expect(text({ headers })).rejects.toEqual(failsWith('upstream-misconfigured', 'redirect'));
    expect(server.requests).toHaveLength(2);
    expect(other.connections).toBe(0);
  });

  it('is refused before a connection is opened', async () => {
    const server = await serve(({ socket }) => socket.write(answerText(200, '')));
    const { text } = to(server);
    const port = String(server.port);
    for (const url of [`http://user:pass@127.0.0.1:${port}/`, `http://user@127.0.0.1:${port}/`]) {
      await expect(text({ url })).rejects.toEqual(failsWith('upstream-misconfigured', 'userinfo-in-url'));
    }
    for (const url of [
      `https://127.0.0.1:${port}/`,
      `http://localhost:${port}/`,
      'http://127.0.0.1:1/',
      'file:///etc/passwd',
    ]) {
      await expect(text({ url })).rejects.toEqual(failsWith('upstream-misconfigured', 'foreign-origin'));
    }
    await expect(text({ url: '/only/a/path' })).rejects.toEqual(failsWith('upstream-misconfigured', 'url-unparsable'));
    expect(server.connections).toBe(0);
  });
});

describe('S36: a host that a user named', () => {
  const spellings = [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '[::ffff:127.0.0.1]',
    '127.0.0.1.',
  ];

  it.each(spellings)('is refused as http://%s, with no connection', async (host) => {
    const server = await serve(({ socket }) => socket.write(answerText(200, '')));
    const { origin } = new URL(`http://${host}:${String(server.port)}`);
    const policy = defineUpstreamPolicy({ name: 'test', origin, trust: 'user' });
    const call = clientOf({}).request(policy, { method: 'GET', url: `${origin}/` });
    await expect(call).rejects.toEqual(expect.objectContaining({ code: 'upstream-refused-address', status: 422 }));
    expect(server.connections).toBe(0);
  });

  it.each([
    ['an internal address', ['10.0.0.1']],
    ['one internal address among public ones', ['93.184.216.34', '127.0.0.1']],
    ['no address', []],
    ['something that is not an address', ['localhost']],
  ])('is refused when the name stands for %s', async (_case, addresses) => {
    const server = await serve(({ socket }) => socket.write(answerText(200, '')));
    const origin = `http://rebind.example:${String(server.port)}`;
    const policy = defineUpstreamPolicy({ name: 'test', origin, trust: 'user' });
    const client = clientOf({ resolve: () => Promise.resolve(addresses) });
    const call = client.request(policy, { method: 'GET', url: `${origin}/` });
    await expect(call).rejects.toMatchObject({ code: 'upstream-refused-address' });
    expect(server.connections).toBe(0);
  });

  it('is connected to at the address that was checked, found by one look-up', async () => {
    const server = await serve(({ socket }) => socket.write(answerText(200, 'ok')));
    const origin = `http://nas.example:${String(server.port)}`;
    const looked: string[] = [];
    const resolve = (host: string) => {
      looked.push(host);
      return Promise.resolve(looked.length === 1 ? ['127.0.0.1'] : ['127.0.0.2']);
    };
    const client = clientOf({ resolve, allow: ['127.0.0.1/32'] });
    const policy = defineUpstreamPolicy({ name: 'test', origin, trust: 'user' });
    const response = await client.request(policy, { method: 'GET', url: `${origin}/` });
    expect((await readBytes(response.body, 10, 'test')).toString()).toBe('ok');
    expect(looked).toEqual(['nas.example']);
    expect(server.requests[0]).toContain(`host: nas.example:${String(server.port)}`);
  });

  it("does not become the operator's by the word of a policy", async () => {
    const server = await serve(({ socket }) => socket.write(answerText(200, '')));
    const policy = defineUpstreamPolicy({ name: 'test', origin: server.origin, trust: 'operator' });
    const call = clientOf({}).request(policy, { method: 'GET', url: `${server.origin}/` });
    await expect(call).rejects.toEqual(failsWith('upstream-misconfigured', 'not-an-operator-origin'));
    expect(server.connections).toBe(0);
  });
});

describe('a failing upstream', () => {
  it('has a read repeated twice on 503, then hands the answer with its body over', async () => {
    const server = await serve(({ socket }) => socket.write(answerText(503, 'down')));
    const { send } = to(server);
    const response = await send({ method: 'PROPFIND', body: '<x/>' });
    expect(response.status).toBe(503);
    expect((await readBytes(response.body, 10, 'test')).toString()).toBe('down');
    expect(server.requests).toHaveLength(3);
  });

  it('has a read repeated after the connection broke', async () => {
    const server = await serve(({ socket, index }) =>
      index === 0 ? socket.destroy() : socket.write(answerText(200, 'ok')),
    );
    expect(await to(server).text()).toBe('ok');
    expect(server.requests).toHaveLength(2);
  });

  it.each(['PUT', 'POST', 'DELETE', 'MKCOL', 'MOVE'])('never has a %s repeated', async (method) => {
    const reset = await serve(({ socket }) => socket.destroy());
    await expect(to(reset).text({ method, body: 'x' })).rejects.toEqual(failsWith('upstream-unavailable', 'reset'));
    const down = await serve(({ socket }) => socket.write(answerText(503, '')));
    expect((await to(down).send({ method, body: 'x' })).status).toBe(503);
    expect([reset.requests.length, down.requests.length]).toEqual([1, 1]);
  });

  it('never has a request repeated that is marked as unrepeatable', async () => {
    const server = await serve(({ socket }) => socket.destroy());
    await expect(to(server).text({ isRepeatable: false })).rejects.toMatchObject({ code: 'upstream-unavailable' });
    expect(server.requests).toHaveLength(1);
  });

  it('is waited for as Retry-After says, and not when that is long', async () => {
    const server = await serve(({ socket, index }) =>
      socket.write(answerText(index === 0 ? 503 : 200, '', index === 0 ? { 'Retry-After': '1' } : {})),
    );
    const startedAt = performance.now();
    expect((await to(server).send()).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(950);
    const long = await serve(({ socket }) => socket.write(answerText(503, '', { 'Retry-After': '120' })));
    const response = await to(long).send();
    expect([response.status, response.headers['retry-after'], long.requests.length]).toEqual([503, '120', 1]);
  });

  it('is left alone after repeated failures, at once and with Retry-After, and tried once afterwards', async () => {
    let isUp = false;
    const server = await serve(({ socket }) => (isUp ? socket.write(answerText(200, 'ok')) : socket.destroy()));
    const { text } = to(server, { breakerThreshold: 2, breakerOpenMs: 5_000, maxReadRetries: 0 });
    stopClock();
    await expect(text()).rejects.toMatchObject({ code: 'upstream-unavailable' });
    await expect(text()).rejects.toMatchObject({ code: 'upstream-unavailable' });
    isUp = true;
    await expect(text()).rejects.toMatchObject({ code: 'upstream-busy', options: { retryAfterSeconds: 5 } });
    jest.advanceTimersByTime(4_500);
    await expect(text()).rejects.toMatchObject({ code: 'upstream-busy', options: { retryAfterSeconds: 1 } });
    expect(server.requests).toHaveLength(2);
    jest.advanceTimersByTime(500);
    const outcomes = await Promise.allSettled([text(), text()]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await text()).toBe('ok');
  });

  it('is not held against other requests when the answer concerns one account only', async () => {
    const server = await serve(({ socket }) => socket.write(answerText(503, 'User disabled')));
    const { send } = to(server, {
      breakerThreshold: 2,
      evaluateFailure: ({ bodyText }) => (bodyText ? 'answer' : 'retry'),
    });
    for (let call = 0; call < 4; call += 1) expect((await send()).status).toBe(503);
    expect(server.requests).toHaveLength(4);
  });

  it('says unavailable when nobody listens', async () => {
    const server = await serve(() => undefined);
    const { text } = to(server);
    await server.stop();
    open.shift();
    await expect(text()).rejects.toEqual(failsWith('upstream-unavailable', 'econnrefused'));
  });
});

describe('many requests at once', () => {
  it('keep to the concurrency, wait in a bounded queue, and leave it when aborted', async () => {
    let running = 0;
    let most = 0;
    const server = await serve(({ socket }) => {
      most = Math.max(most, (running += 1));
      setTimeout(() => {
        running -= 1;
        socket.write(answerText(200, 'ok'));
      }, 60);
    });
    const { text } = to(server, { concurrency: 2, maxQueued: 2 });
    const aborted = new AbortController();
    const calls = [text(), text(), text(), text({ signal: aborted.signal }), text()];
    aborted.abort(new Error('the caller left'));
    const outcomes = await Promise.allSettled(calls);
    expect(
      outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : (outcome.reason as unknown))),
    ).toEqual([
      'ok',
      'ok',
      'ok',
      expect.objectContaining({ message: 'the caller left' }),
      failsWith('upstream-busy', 'queue-full'),
    ]);
    expect([most, server.requests.length]).toEqual([2, 3]);
  });
});
