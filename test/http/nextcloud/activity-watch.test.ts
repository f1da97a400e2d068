// The activity feed as a hint to scan early: what it asks for, what it costs, and that nothing depends on it.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ScanRequests } from '../../../src/indexing/sources/scan-requests.port.ts';
import { AccountStore } from '../../../src/nextcloud/account/account.store.ts';
import { ActivityCursors } from '../../../src/nextcloud/activity/activity-cursors.ts';
import { ActivityWatch } from '../../../src/nextcloud/activity/activity-watch.ts';
import { NextcloudServer } from '../../../src/nextcloud/server/nextcloud-server.ts';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { createLinkedUser, startSettledNextcloud } from '../../support/indexed-account.ts';
import type { TestUser } from '../../support/api.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const INTERVAL_SECONDS = 60;

let nextcloud: NextcloudDouble;
let app: TestApp;
let count = 0;
let uid: string;
let user: TestUser;

beforeAll(async () => {
  nextcloud = await startSettledNextcloud();
  // Nothing here scans: what was asked for stays to be seen.
  app = await startTestApp({ env: { NEXTCLOUD_URL: nextcloud.url, PROCESS_ROLE: 'api' } });
});
afterAll(async () => {
  await app.close();
  await nextcloud.stop();
});
beforeEach(async () => {
  nextcloud.faults.reset();
  await app.database.read((em) => em.execute('delete from nextcloud_accounts'));
  count += 1;
  uid = `watched-${String(count)}`;
  user = await createLinkedUser(app, nextcloud, uid);
  nextcloud.clearRequests();
});

function watch(): ActivityWatch {
  const of = <T>(type: abstract new (...values: never[]) => T): T => app.app.get(type as never, { strict: false });
  return new ActivityWatch(of(NextcloudServer), of(AccountStore), of(ActivityCursors), of(ScanRequests));
}

/** One look when the last one was long enough ago. */
async function look(): Promise<number> {
  await app.database.read((em) => em.execute(`update nextcloud_activity_places set next_look_at = now()`));
  return watch().checkDueFeeds(25, INTERVAL_SECONDS);
}

/** Whether a scan was asked for since the last time. */
async function wasAsked(): Promise<boolean> {
  const rows = await app.database.read((em) =>
    em.execute<unknown[]>(
      `update scan_states s set hinted_at = null from users u
       where u.id = s.user_id and u.email = ? and s.hinted_at is not null returning 1`,
      [user.email],
    ),
  );
  return rows.length > 0;
}

const paths = (): string[] => nextcloud.requests.map(({ path, query }) => `${path}?${query}`);

describe('a look into the activity feed', () => {
  it('asks for a scan when files have changed, and not otherwise', async () => {
    nextcloud.putFile(uid, '/before.txt', 'before');
    await look();
    expect(await wasAsked()).toBe(false);
    await look();
    expect(await wasAsked()).toBe(false);
    nextcloud.putFile(uid, '/after.txt', 'after');
    await look();
    expect(await wasAsked()).toBe(true);
    await look();
    expect(await wasAsked()).toBe(false);
  });

  it('costs one request over Bearer, and none before its time, however many processes look', async () => {
    await Promise.all([watch().checkDueFeeds(25, INTERVAL_SECONDS), watch().checkDueFeeds(25, INTERVAL_SECONDS)]);
    await watch().checkDueFeeds(25, INTERVAL_SECONDS);
    expect(nextcloud.requests).toHaveLength(1);
    expect(nextcloud.requests[0]).toMatchObject({ authorizationScheme: 'bearer', method: 'GET' });
  });

  it('R27: takes those who waited longest, and no more than it may', async () => {
    for (const name of ['x', 'y', 'z']) await createLinkedUser(app, nextcloud, `${uid}-${name}`);
    nextcloud.clearRequests();
    expect(await watch().checkDueFeeds(3, INTERVAL_SECONDS)).toBe(3);
    expect(await watch().checkDueFeeds(3, INTERVAL_SECONDS)).toBe(1);
    expect(new Set(nextcloud.requests.map(({ authenticatedUid }) => authenticatedUid)).size).toBe(4);
  });

  it('does not take the beginning of the feed for news when the feed has forgotten the place', async () => {
    nextcloud.putFile(uid, '/a.txt', 'one');
    await look();
    nextcloud.expireActivities();
    nextcloud.putFile(uid, '/b.txt', 'two');
    await look();
    expect(await wasAsked()).toBe(true);
    await look();
    await wasAsked();
    await look();
    expect(await wasAsked()).toBe(false);
  });

  it('makes up for a place that is lost by one scan', async () => {
    await look();
    nextcloud.putFile(uid, '/a.txt', 'one');
    await look();
    await wasAsked();
    // An id that this user was never given: the server begins again with the first entry.
    await app.database.read((em) => em.execute('update nextcloud_activity_places set last_activity_id = 999999'));
    await look();
    expect(await wasAsked()).toBe(true);
    nextcloud.clearRequests();
    await look();
    expect(paths()[0]).toContain('sort=desc');
    await wasAsked();
    await look();
    expect(await wasAsked()).toBe(false);
  });

  it('asks once after a thousand changes and does not read them all', async () => {
    await look();
    for (let index = 0; index < 1000; index += 1) nextcloud.putFile(uid, `/file-${String(index)}.txt`, 'x');
    await look();
    expect(await wasAsked()).toBe(true);
    await look();
    await wasAsked();
    await look();
    expect(await wasAsked()).toBe(false);
    expect(nextcloud.requests).toHaveLength(4);
  });

  it('leaves a server without the app alone for an hour, and says so', async () => {
    nextcloud.faults.isActivityOff = true;
    await watch().checkDueFeeds(25, INTERVAL_SECONDS);
    expect(await wasAsked()).toBe(false);
    expect(await app.app.get(ActivityCursors, { strict: false }).count()).toEqual({ on: 0, off: 1 });
    const rows = await app.database.read((em) =>
      em.execute<unknown[]>(
        `select 1 from nextcloud_activity_places where state = 'off' and next_look_at > now() + interval '59 minutes'`,
      ),
    );
    expect(rows).toHaveLength(1);
  });

  it('comes to nothing while the server is down, and goes on afterwards', async () => {
    await look();
    nextcloud.faults.scripted.push({ path: '/ocs/', status: 502, times: 20 });
    nextcloud.putFile(uid, '/meanwhile.txt', 'x');
    await look();
    expect(await wasAsked()).toBe(false);
    nextcloud.faults.reset();
    await look();
    expect(await wasAsked()).toBe(true);
  });

  it('S34: ends with a credential that is refused; the account is not asked again', async () => {
    nextcloud.faults.scripted.push({ path: '/ocs/', status: 401, times: 1 });
    await look();
    nextcloud.clearRequests();
    expect(await look()).toBe(0);
    expect(nextcloud.requests).toHaveLength(0);
  });

  it('begins anew when another account is linked', async () => {
    nextcloud.putFile(uid, '/a.txt', 'one');
    await look();
    await app.database.read((em) => em.execute(`update nextcloud_activity_places set uid = 'somebody-else'`));
    nextcloud.clearRequests();
    await look();
    expect(paths()[0]).toContain('sort=desc');
    expect(await wasAsked()).toBe(false);
  });
});
