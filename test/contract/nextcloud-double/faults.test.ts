// Double only: what a broken, busy, misconfigured or hostile server answers, switched on one fault at a time.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { exceptionOf } from './multistatus.ts';
import { answerOf, basic, bearer, open, send } from './raw-http.ts';

let double: NextcloudDouble;
let credential: Record<string, string>;

beforeAll(async () => {
  double = await NextcloudDouble.start();
  double.addUser({ uid: 'anna', password: 'Anna-password-1' });
  double.putFile('anna', '/a.txt', 'x'.repeat(10_000));
  credential = bearer(double.createAppPassword('anna'));
});

afterEach(() => {
  double.faults.reset();
});

afterAll(async () => double.stop());

const get = (path: string, headers: Record<string, string> = {}) =>
  send(`${double.url}${path}`, { headers: { ...credential, ...headers } });
const propfind = (headers: Record<string, string> = {}) =>
  send(`${double.url}/remote.php/dav/files/anna/`, { method: 'PROPFIND', headers: { ...credential, ...headers } });

describe('maintenance mode and pending upgrade', () => {
  it.each(['isInMaintenance', 'needsDbUpgrade'] as const)(
    'with %s, status.php stays 200 and everything else is 503',
    async (fault) => {
      double.faults[fault] = true;
      const status = await get('/status.php');
      expect([status.status, JSON.parse(status.text)]).toMatchObject([
        200,
        { maintenance: fault === 'isInMaintenance', needsDbUpgrade: fault === 'needsDbUpgrade' },
      ]);
      const ocs = await get('/ocs/v1.php/cloud/user?format=json');
      expect([ocs.status, ocs.headers['x-nextcloud-maintenance-mode']]).toEqual([503, '1']);
      const dav = await propfind();
      expect([dav.status, exceptionOf(dav).exception]).toEqual([503, 'OCA\\DAV\\Exception\\ServerMaintenanceMode']);
      const page = await get('/index.php/login/v2');
      expect([page.status, page.headers['retry-after'], page.headers.connection]).toEqual([503, '120', 'close']);
    },
  );
});

describe('a server that cannot work', () => {
  it('answers 500 without a body when its database is down', async () => {
    double.faults.isDatabaseDown = true;
    for (const path of ['/status.php', '/ocs/v2.php/cloud/user', '/remote.php/dav/files/anna/']) {
      const answer = await get(path);
      expect([answer.status, answer.text]).toEqual([500, '']);
    }
  });

  it('answers 400 when the Host is not trusted: JSON for status.php, HTML elsewhere', async () => {
    double.faults.isHostUntrusted = true;
    const status = await get('/status.php');
    expect([status.status, JSON.parse(status.text)]).toEqual([400, { error: 'Trusted domain error.', code: 15 }]);
    const dav = await propfind();
    expect([dav.status, dav.headers['content-type']]).toEqual([400, 'text/html; charset=UTF-8']);
  });

  it('answers 503 with Retry-After on request', async () => {
    double.faults.retryAfter503Seconds = 7;
    const answer = await propfind();
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '7']);
  });

  it('accepts requests and never answers while it hangs', async () => {
    double.faults.hangs = true;
    const outgoing = open(`${double.url}/status.php`);
    outgoing.on('error', () => undefined);
    outgoing.end();
    const outcome = await Promise.race([
      answerOf(outgoing).then(() => 'answered'),
      new Promise((resolve) => setTimeout(() => resolve('silent'), 300)),
    ]);
    outgoing.destroy();
    expect(outcome).toBe('silent');
  });
});

describe('a server that waits for a word of the test', () => {
  it('logs held requests, answers them when it is let, and answers others meanwhile', async () => {
    const release = double.hold('/a.txt');
    double.clearRequests();
    const held = get('/remote.php/dav/files/anna/a.txt');
    while (double.requests.length === 0) await new Promise((turn) => setImmediate(turn));
    expect((await propfind()).status).toBe(207);
    expect(double.requests.map(({ status }) => status)).toEqual([0, 207]);
    release();
    expect((await held).status).toBe(200);
  });
});

describe('something in between', () => {
  it('redirects to another origin with the path kept', async () => {
    double.faults.redirectTo = 'http://127.0.0.2:9';
    const answer = await get('/remote.php/dav/files/anna/?x=1');
    expect([answer.status, answer.headers.location]).toEqual([
      302,
      'http://127.0.0.2:9/remote.php/dav/files/anna/?x=1',
    ]);
  });

  it('shows a login page with status 200 for everything', async () => {
    double.faults.showsHtmlLogin = true;
    for (const answer of [
      await get('/status.php'),
      await propfind(),
      await get('/ocs/v2.php/cloud/user?format=json'),
    ]) {
      expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/html; charset=UTF-8']);
    }
  });

  it('plays scripted answers for a path a number of times', async () => {
    double.faults.tooManyRequests('/remote.php/dav/', 2);
    expect((await get('/status.php')).status).toBe(200);
    expect([(await propfind()).status, (await propfind()).status, (await propfind()).status]).toEqual([429, 429, 207]);
  });
});

describe('bodies', () => {
  it('trickle at the configured rate', async () => {
    double.faults.slowBytesPerSecond = 20_000;
    const start = Date.now();
    expect((await get('/remote.php/dav/files/anna/a.txt')).bytes).toHaveLength(10_000);
    expect(Date.now() - start).toBeGreaterThan(350);
  });

  it('end early with a dead connection when truncated', async () => {
    double.faults.truncateBodyAfterBytes = 100;
    await expect(get('/remote.php/dav/files/anna/a.txt')).rejects.toThrow(/aborted|hang up|ECONNRESET/);
    expect(double.requests.at(-1)?.responseBytes).toBe(100);
  });

  it.each(['entity-bomb', 'external-entity', 'foreign-hrefs', 'wrong-root', 'not-well-formed', 'empty'] as const)(
    'are hostile XML of the kind %s',
    async (kind) => {
      double.faults.hostileXml = kind;
      const answer = await propfind();
      expect(answer.status).toBe(207);
      expect(answer.text.length < 4000).toBe(true);
    },
  );

  it.each(['deep-nesting', 'huge-text', 'many-attributes', 'endless'] as const)(
    'are endless or huge XML of the kind %s',
    async (kind) => {
      double.faults.hostileXml = kind;
      const outgoing = open(`${double.url}/remote.php/dav/files/anna/`, { method: 'PROPFIND', headers: credential });
      outgoing.end();
      const incoming = await answerOf(outgoing);
      let bytes = 0;
      for await (const chunk of incoming as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > 2_000_000) break;
      }
      expect(bytes).toBeGreaterThan(2_000_000);
    },
  );
});

describe('limited servers', () => {
  it.each([
    ['forbidden', 403],
    ['not-implemented', 501],
  ] as const)('refuse Depth: infinity as %s and list one level', async (policy, status) => {
    double.faults.depthInfinity = policy;
    expect((await propfind({ Depth: 'infinity' })).status).toBe(status);
    expect((await propfind({ Depth: '1' })).status).toBe(207);
  });

  it('know Basic only', async () => {
    double.faults.isBearerUnsupported = true;
    expect((await propfind()).status).toBe(401);
    expect((await propfind(basic('anna', 'Anna-password-1'))).status).toBe(207);
  });

  it('live in another time', async () => {
    double.faults.serverTimeSkewSeconds = -3600;
    const answer = await get('/status.php');
    const behindSeconds = (Date.now() - Date.parse(answer.headers.date ?? '')) / 1000;
    expect(Math.abs(behindSeconds - 3600)).toBeLessThan(120);
  });
});
