// WebDAV against a Nextcloud that is down, hostile, locked or not a Nextcloud (double only: faults are injected).
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readBytes } from '../../../src/outbound/bounded-read.ts';
import { OutboundClient } from '../../../src/outbound/outbound.client.ts';
import { nextcloudPolicy } from '../../../src/nextcloud/dav/nextcloud.policy.ts';
import type { NextcloudCredential } from '../../../src/nextcloud/dav/nextcloud-credential.ts';
import type { DavResource } from '../../../src/nextcloud/webdav/protocol/dav-resource.ts';
import { WebdavFilesClient } from '../../../src/nextcloud/webdav/protocol/webdav-files.client.ts';
import type { HostileXml } from '../../nextcloud-double/faults.ts';
import { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { mostMemoryDuring } from '../../support/memory-in-use.ts';
import { processorMs } from '../../support/processor-time.ts';

let nextcloud: NextcloudDouble;
let outbound: OutboundClient;
let files: WebdavFilesClient;
let credential: NextcloudCredential;

beforeEach(async () => {
  nextcloud = await NextcloudDouble.start();
  nextcloud.addUser({ uid: 'alice', password: 'x' });
  nextcloud.makeFolder('alice', '/docs/deep');
  nextcloud.putFile('alice', '/docs/a.txt', 'hello world');
  nextcloud.putFile('alice', '/docs/deep/b.txt', 'b');
  outbound = new OutboundClient({ operatorOrigins: [nextcloud.url] });
  files = new WebdavFilesClient(outbound, nextcloudPolicy(nextcloud.url, { breakerThreshold: 1_000 }));
  const secret = nextcloud.createAppPassword('alice');
  credential = { baseUrl: nextcloud.url, uid: 'alice', loginName: 'alice', secret, scheme: 'bearer' };
});
afterEach(async () => {
  await outbound.close();
  await nextcloud.stop();
});

async function all(resources: AsyncIterable<DavResource>): Promise<DavResource[]> {
  const found: DavResource[] = [];
  for await (const resource of resources) found.push(resource);
  return found;
}

const code = (expected: string) => expect.objectContaining({ code: expected });
const listing = () => all(files.list(credential, '/docs', { depth: 1 }));
const downloading = async () =>
  readBytes((await files.download(credential, '/docs/a.txt', { maxBytes: 1_000 })).body, 1_000, 'test');

describe('F11 a server that takes a request and says nothing', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is given up after 15 s for a folder, and after minutes for a whole tree', async () => {
    jest.useFakeTimers({ doNotFake: ['Date', 'nextTick', 'queueMicrotask', 'setImmediate', 'setInterval'] });
    nextcloud.faults.hangs = true;
    const outcomes: string[] = [];
    const note = (what: string) => (error: unknown) => outcomes.push(`${what} ${(error as { code: string }).code}`);
    listing().catch(note('folder'));
    all(files.walk(credential, '/docs')).catch(note('tree'));
    while (nextcloud.requests.length < 2) await nextTurn();
    jest.advanceTimersByTime(15_000);
    while (outcomes.length < 1) await nextTurn();
    expect(outcomes).toEqual(['folder upstream-timeout']);
    jest.advanceTimersByTime(100_000);
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
    expect(outcomes).toHaveLength(1);
    jest.advanceTimersByTime(100_000);
    while (outcomes.length < 2) await nextTurn();
    expect(outcomes[1]).toBe('tree upstream-timeout');
  });
});

describe('an outage never looks like an empty or a missing folder', () => {
  it.each([
    ['in maintenance', () => (nextcloud.faults.isInMaintenance = true), 'upstream-maintenance'],
    ['without its database', () => (nextcloud.faults.isDatabaseDown = true), 'upstream-unavailable'],
    ['called by a name it does not trust', () => (nextcloud.faults.isHostUntrusted = true), 'upstream-misconfigured'],
    ['behind a login page', () => (nextcloud.faults.showsHtmlLogin = true), 'upstream-misconfigured'],
    ['redirecting', () => (nextcloud.faults.redirectTo = 'http://127.0.0.1:9'), 'upstream-misconfigured'],
    ['silent', () => (nextcloud.faults.hangs = true), 'upstream-timeout'],
    ['cutting its answers off', () => (nextcloud.faults.truncateBodyAfterBytes = 5), 'upstream-unavailable'],
    ['slow', () => (nextcloud.faults.slowBytesPerSecond = 5), 'upstream-timeout'],
    ['throttling', () => nextcloud.faults.tooManyRequests('/remote.php', 9), 'upstream-throttled'],
  ])('a server %s', async (_case, arrange, expected) => {
    arrange();
    // Server and client share one process here: short time-outs anywhere else would measure the server.
    const impatient = { headersTimeoutMs: 300, connectTimeoutMs: 200, idleBodyTimeoutMs: 300, breakerThreshold: 1_000 };
    if (expected === 'upstream-timeout') {
      files = new WebdavFilesClient(outbound, nextcloudPolicy(nextcloud.url, impatient));
    }
    if (expected !== 'upstream-timeout') await expect(listing()).rejects.toEqual(code(expected));
    await expect(downloading()).rejects.toEqual(code(expected));
    await expect(files.root(credential)).rejects.toEqual(code(expected));
  });

  it('R8: asking to come back later is left alone until then, and says so to everybody who asks', async () => {
    nextcloud.faults.retryAfter503Seconds = 60;
    await expect(listing()).rejects.toMatchObject({ code: 'upstream-unavailable', options: { retryAfterSeconds: 60 } });
    const asked = nextcloud.requests.length;
    for (const call of [downloading, () => files.root(credential)]) {
      await expect(call()).rejects.toMatchObject({
        code: 'upstream-busy',
        options: { retryAfterSeconds: expect.any(Number), logContext: { reason: 'asked-to-wait' } },
      });
    }
    expect(nextcloud.requests).toHaveLength(asked);
  });

  it('in maintenance is not asked again by the same call', async () => {
    nextcloud.faults.isInMaintenance = true;
    nextcloud.clearRequests();
    await expect(files.root(credential)).rejects.toEqual(code('upstream-maintenance'));
    expect(nextcloud.requests).toHaveLength(1);
  });

  it('a 404 page of a proxy is not a missing file', async () => {
    nextcloud.faults.scripted.push({
      path: 'a.txt',
      status: 404,
      headers: { 'content-type': 'text/html' },
      body: '<html>Not here</html>',
    });
    await expect(downloading()).rejects.toEqual(code('upstream-misconfigured'));
  });
});

it('a root that is listed with everything but belongs to somebody else is refused', async () => {
  const property = '<oc:fileid>7</oc:fileid><d:getetag>"e"</d:getetag><d:resourcetype><d:collection/></d:resourcetype>';
  const body = `<d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:response><d:href>/remote.php/dav/files/alice/</d:href>
    <d:propstat><d:prop>${property}<oc:owner-id>bob</oc:owner-id></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>`;
  nextcloud.faults.scripted.push({
    path: '/files/alice',
    status: 207,
    headers: { 'content-type': 'application/xml' },
    body,
    times: 2,
  });
  await expect(files.root(credential)).rejects.toEqual(code('upstream-misconfigured'));
  await expect(all(files.walk(credential, '/'))).rejects.toEqual(code('upstream-misconfigured'));
});

describe('a hostile listing fails typed within two seconds of work and 100 MB', () => {
  const kinds: HostileXml[] = [
    'entity-bomb',
    'external-entity',
    'deep-nesting',
    'huge-text',
    'many-attributes',
    'endless',
    'foreign-hrefs',
    'wrong-root',
    'not-well-formed',
    'empty',
  ];

  it.each(kinds)('%s', async (kind) => {
    nextcloud.faults.hostileXml = kind;
    const workedMs = processorMs();
    await expect(listing()).rejects.toEqual(code('upstream-protocol-error'));
    expect(processorMs() - workedMs).toBeLessThan(2_000);
    const walking = () => expect(all(files.walk(credential, '/'))).rejects.toEqual(code('upstream-protocol-error'));
    expect(await mostMemoryDuring(walking)).toBeLessThan(100 * 1_024 * 1_024);
  });
});

describe('a server that refuses infinite depth', () => {
  it.each(['forbidden', 'not-implemented'] as const)(
    '(%s) is walked folder by folder, and remembered',
    async (depthInfinity) => {
      const deep = await all(files.walk(credential, '/'));
      nextcloud.faults.depthInfinity = depthInfinity;
      nextcloud.clearRequests();
      const walked = await all(files.walk(credential, '/'));
      expect(new Set(walked.map(({ path }) => path))).toEqual(new Set(deep.map(({ path }) => path)));
      expect(nextcloud.requests.map(({ depth }) => depth)).toEqual(['infinity', '1', '1', '1']);
      nextcloud.clearRequests();
      await all(files.walk(credential, '/'));
      expect(nextcloud.requests.map(({ depth }) => depth)).toEqual(['1', '1', '1']);
    },
  );
});

describe('a locked file', () => {
  const locked = {
    path: 'a.txt',
    method: 'GET',
    status: 423,
    headers: { 'content-type': 'application/xml' },
    body: '<x/>',
  };

  it('is read as soon as it is free', async () => {
    nextcloud.faults.scripted.push({ ...locked, times: 2 });
    expect((await downloading()).toString()).toBe('hello world');
  });

  it('that stays locked is said to be so, with Retry-After', async () => {
    nextcloud.faults.scripted.push({ ...locked, times: 99 });
    nextcloud.clearRequests();
    await expect(downloading()).rejects.toMatchObject({ code: 'resource-locked', options: { retryAfterSeconds: 1 } });
    expect(nextcloud.requests).toHaveLength(6);
  });
});

describe('a large tree', () => {
  it('of 500 folders and 5,000 files comes in one request', async () => {
    nextcloud.addUser({ uid: 'bob', password: 'x' });
    nextcloud.seedTree({ uid: 'bob', folders: 500, filesPerFolder: 10 });
    const bob = { ...credential, uid: 'bob', loginName: 'bob', secret: nextcloud.createAppPassword('bob') };
    nextcloud.clearRequests();
    const found = await all(files.walk(bob, '/'));
    expect(found.filter(({ isCollection }) => !isCollection)).toHaveLength(5_000);
    expect(nextcloud.requests).toHaveLength(1);
    expect(nextcloud.requests[0]?.headers['accept-encoding']).toBe('gzip');
  });

  it('may be left early, and the connection stays usable', async () => {
    for await (const resource of files.walk(credential, '/')) {
      expect(resource.path).toBe('/');
      break;
    }
    expect((await files.root(credential)).ownerId).toBe('alice');
  });
});

it("a request carries only this user's credential, and no cookie", async () => {
  await listing();
  await downloading();
  await files.root({ ...credential, scheme: 'basic' });
  expect(nextcloud.requests.map(({ authorizationScheme }) => authorizationScheme)).toEqual([
    'bearer',
    'bearer',
    'basic',
  ]);
  for (const request of nextcloud.requests) {
    expect(request).toMatchObject({ authenticatedUid: 'alice', hasCookie: false });
    expect(request.path.startsWith('/remote.php/dav/files/alice')).toBe(true);
  }
});

it('a refused credential is sent once', async () => {
  nextcloud.revokeAppPassword(credential.secret);
  nextcloud.clearRequests();
  await expect(files.root(credential)).rejects.toEqual(code('account-link-invalid'));
  expect(nextcloud.requests).toHaveLength(1);
});
