// Who is believed: Basic and Bearer, app passwords and their end, disabled and deleted users, the brute-force throttle.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exceptionOf } from './multistatus.ts';
import { describeOnDouble, IS_LOCAL, NextcloudUnderTest, ocsData, ocsMeta } from './nextcloud-under-test.ts';
import type { TestUser } from './nextcloud-under-test.ts';
import { basic, bearer, privateLoopback, send } from './raw-http.ts';

let nextcloud: NextcloudUnderTest;
let anna: TestUser;

beforeAll(async () => {
  nextcloud = await NextcloudUnderTest.start();
  anna = await nextcloud.createUser();
});

afterAll(async () => nextcloud.stop());

/** Where this file's requests come from: failed logins are counted per address. */
const from = IS_LOCAL ? { from: privateLoopback() } : {};
const self = (headers: Record<string, string>) => nextcloud.ocs('/cloud/user', { headers, ...from });
const home = (headers: Record<string, string>) =>
  send(nextcloud.davUrl(anna, '/'), { method: 'PROPFIND', headers: { Depth: '0', ...headers }, ...from });

describe('credentials', () => {
  it('accepts an app password as Bearer and as Basic, for DAV and OCS', async () => {
    for (const headers of [bearer(anna.appPassword), basic(anna.uid, anna.appPassword)]) {
      expect((await home(headers)).status).toBe(207);
      expect((await self(headers)).status).toBe(200);
    }
  });

  it('accepts the real password as Basic, also with the e-mail as login, but never as Bearer', async () => {
    expect((await home(basic(anna.uid, anna.password))).status).toBe(207);
    expect((await self(basic(`${anna.uid}@example.com`, anna.password))).status).toBe(200);
    expect((await home(bearer(anna.password))).status).toBe(401);
  });

  it('refuses an app password with the login name in another spelling', async () => {
    expect((await home(basic(anna.uid.toUpperCase(), anna.appPassword))).status).toBe(401);
    expect((await home(basic(`${anna.uid}@example.com`, anna.appPassword))).status).toBe(401);
  });

  it('answers DAV without or with a wrong credential 401, naming Basic in the challenge', async () => {
    for (const headers of [{}, bearer('wrong'), basic(anna.uid, 'wrong')]) {
      const answer = await home(headers);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toContain('Basic realm="Nextcloud"');
      expect(exceptionOf(answer).exception).toBe('Sabre\\DAV\\Exception\\NotAuthenticated');
    }
    await self(basic(anna.uid, anna.password));
  });

  it('answers OCS with a wrong Bearer token 401', async () => {
    expect((await self(bearer('wrong'))).status).toBe(401);
  });

  it('sends session cookies to requests without any', async () => {
    const answer = await home(bearer(anna.appPassword));
    expect(answer.headers['set-cookie']?.length).toBeGreaterThanOrEqual(4);
  });
});

describe('app passwords', () => {
  it('are issued to a real password only', async () => {
    const answer = await nextcloud.ocs('/core/getapppassword', { headers: basic(anna.uid, anna.appPassword) });
    expect([answer.status, ocsMeta(answer).statuscode]).toEqual([403, 403]);
  });

  it('consist of 72 letters and digits', async () => {
    expect(anna.appPassword).toMatch(/^[A-Za-z0-9]{72}$/);
    await Promise.resolve();
  });

  it('delete themselves: the call answers 200 and the password is dead at once', async () => {
    const secret = await nextcloud.createAppPassword(anna.uid, anna.password);
    const ended = await nextcloud.ocs('/core/apppassword', { method: 'DELETE', headers: basic(anna.uid, secret) });
    expect(ended.status).toBe(200);
    expect((await home(bearer(secret))).status).toBe(401);
  });

  it('delete themselves over Bearer too', async () => {
    const secret = await nextcloud.createAppPassword(anna.uid, anna.password);
    const ended = await nextcloud.ocs('/core/apppassword', { method: 'DELETE', headers: bearer(secret) });
    expect(ended.status).toBe(200);
    expect((await home(bearer(secret))).status).toBe(401);
  });

  it('cannot be deleted with a real password', async () => {
    const answer = await nextcloud.ocs('/core/apppassword', {
      method: 'DELETE',
      headers: basic(anna.uid, anna.password),
    });
    expect([answer.status, ocsMeta(answer).message]).toEqual([403, 'no app password in use']);
  });

  it('rotate to a new one', async () => {
    const secret = await nextcloud.createAppPassword(anna.uid, anna.password);
    const rotated = await nextcloud.ocs('/core/apppassword/rotate', {
      method: 'POST',
      headers: basic(anna.uid, secret),
    });
    expect(rotated.status).toBe(200);
    const fresh = ocsData(rotated)['apppassword'] as string;
    expect(fresh).not.toBe(secret);
    expect((await home(bearer(fresh))).status).toBe(207);
  });
});

describe('a disabled user', () => {
  it('gets 503 from DAV with Basic, 500 with Bearer, 401 from OCS, and his app password back after re-enabling', async () => {
    await nextcloud.admin('PUT', `/users/${anna.uid}/disable`);
    const overBasic = await home(basic(anna.uid, anna.appPassword));
    const overBearer = await home(bearer(anna.appPassword));
    const ocs = [await self(basic(anna.uid, anna.appPassword)), await self(bearer(anna.appPassword))];
    await nextcloud.admin('PUT', `/users/${anna.uid}/enable`);
    expect([overBasic.status, exceptionOf(overBasic)]).toEqual([
      503,
      { exception: 'Sabre\\DAV\\Exception\\ServiceUnavailable', message: 'OC\\User\\LoginException: User disabled' },
    ]);
    expect([overBearer.status, exceptionOf(overBearer)]).toEqual([
      500,
      { exception: 'OC\\User\\LoginException', message: 'User disabled' },
    ]);
    expect(ocs.map((it) => it.status)).toEqual([401, 401]);
    expect((await home(bearer(anna.appPassword))).status).toBe(207);
  });
});

describe('a deleted user', () => {
  it('gets 401', async () => {
    const carl = await nextcloud.createUser();
    await nextcloud.admin('DELETE', `/users/${carl.uid}`);
    const answer = await send(nextcloud.davUrl(carl, '/'), { method: 'PROPFIND', headers: bearer(carl.appPassword) });
    expect(answer.status).toBe(401);
  });
});

describe('the brute-force throttle', () => {
  const delay = async (address: { from?: string }) => {
    const known = ocsData(await nextcloud.ocs('/cloud/capabilities', address))['capabilities'];
    return (known as { bruteforce: { delay: number } }).bruteforce.delay;
  };

  it('grows with a wrong Basic password, not with a wrong Bearer token, and falls after the same login succeeds', async () => {
    const before = await delay(from);
    await home(bearer('wrong'));
    expect(await delay(from)).toBe(before);
    await home(basic(anna.uid, 'wrong'));
    expect(await delay(from)).toBeGreaterThan(before);
    await home(basic(anna.uid, anna.password));
    expect(await delay(from)).toBe(before);
  });

  const onLocal = IS_LOCAL ? it : it.skip;
  onLocal(
    'refuses Basic from an address after eleven wrong passwords until a Bearer login of that user clears it (100 s if real)',
    async () => {
      const bert = await nextcloud.createUser();
      const address = { from: privateLoopback() };
      const url = nextcloud.davUrl(anna, '/');
      const dav = (headers: Record<string, string>) =>
        send(url, { method: 'PROPFIND', headers: { Depth: '0', ...headers }, ...address });
      for (let attempt = 1; attempt <= 11; attempt++) expect((await dav(basic(anna.uid, 'wrong'))).status).toBe(401);
      const refused = await nextcloud.ocs('/cloud/user', { headers: basic(bert.uid, bert.appPassword), ...address });
      expect([refused.status, ocsMeta(refused).message]).toEqual([429, 'Reached maximum delay']);
      const blocked = await dav(basic(anna.uid, anna.appPassword));
      expect([blocked.status, exceptionOf(blocked).exception]).toEqual([
        429,
        'OCA\\DAV\\Connector\\Sabre\\Exception\\TooManyRequests',
      ]);
      expect(blocked.headers['retry-after']).toBeUndefined();
      const v1 = await send(`${nextcloud.url}/ocs/v1.php/cloud/user?format=json`, {
        headers: basic(anna.uid, anna.password),
        ...address,
      });
      expect([v1.status, ocsMeta(v1).statuscode]).toEqual([200, 429]);
      expect(await delay(address)).toBe(25_000);
      expect((await nextcloud.ocs('/cloud/user', { headers: bearer(bert.appPassword), ...address })).status).toBe(200);
      expect(await delay(address)).toBe(25_000);
      expect((await dav(bearer(anna.appPassword))).status).toBe(207);
      expect(await delay(address)).toBe(0);
      expect((await home(basic(anna.uid, anna.appPassword))).status).toBe(207);
    },
    240_000,
  );
});

describeOnDouble('the brute-force throttle as time passes (double only: it takes half an hour)', () => {
  it('opens after half an hour but still costs 25 s until the attempts are twelve hours old', async () => {
    const address = { from: privateLoopback() };
    const url = nextcloud.davUrl(anna, '/');
    const dav = (headers: Record<string, string>) => send(url, { method: 'PROPFIND', headers, ...address });
    for (let attempt = 1; attempt <= 11; attempt++) await dav(basic(anna.uid, 'wrong'));
    expect((await dav(basic('somebody', 'else'))).status).toBe(429);
    nextcloud.double.clock.advance(31 * 60_000);
    expect((await dav(basic(nextcloud.adminUser, nextcloud.adminPassword))).status).toBe(207);
    expect(nextcloud.double.requests.at(-1)?.throttleDelayMs).toBe(25_000);
    nextcloud.double.clock.advance(12 * 3_600_000);
    await dav(basic(anna.uid, anna.appPassword));
    expect(nextcloud.double.requests.at(-1)?.throttleDelayMs).toBe(0);
    nextcloud.double.clock.release();
  });
});
