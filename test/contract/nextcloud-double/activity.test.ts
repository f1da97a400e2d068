// The feed of the app activity, and a server without it: a real server is asked which of both it is.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeOnDouble, IS_REAL, NextcloudUnderTest, ocsData, ocsMeta } from './nextcloud-under-test.ts';
import type { TestUser } from './nextcloud-under-test.ts';
import { basic, bearer, send, type RawAnswer } from './raw-http.ts';

const FEED = '/apps/activity/api/v2/activity';

const isOn = !IS_REAL || (await hasRealFeed());
const describeWithApp = isOn ? describe : describe.skip;
const describeWithoutApp = IS_REAL && isOn ? describe.skip : describe;

let nextcloud: NextcloudUnderTest;
let anna: TestUser;

beforeAll(async () => {
  nextcloud = await NextcloudUnderTest.start();
  anna = await nextcloud.createUser();
});
afterAll(() => nextcloud.stop());

interface Entry {
  readonly activity_id: number;
  readonly type: string;
  readonly object_type: string;
  readonly object_name: string;
}

/** Whether the server has the app: a route it does not know is 404 before anybody is asked who he is. */
async function hasRealFeed(): Promise<boolean> {
  const url = `${process.env['TEST_NEXTCLOUD_URL'] ?? ''}/ocs/v2.php${FEED}?format=json`;
  return (await send(url, { headers: { 'OCS-APIRequest': 'true' } })).status !== 404;
}

const feed = (query: string, user = anna): Promise<RawAnswer> =>
  nextcloud.ocs(`${FEED}?${query}`, { headers: bearer(user.appPassword) });

const entries = (answer: RawAnswer): Entry[] => ocsData(answer) as unknown as Entry[];

const newest = async (user: TestUser): Promise<number> =>
  entries(await feed('sort=desc&limit=1', user))[0]?.activity_id ?? 0;

describeWithoutApp('a server without the app', () => {
  it('answers 404 in the envelope, over Basic and Bearer', async () => {
    if (!IS_REAL) nextcloud.double.faults.isActivityOff = true;
    for (const headers of [bearer(anna.appPassword), basic(anna.uid, anna.appPassword)]) {
      const answer = await nextcloud.ocs(`${FEED}?since=0`, { headers });
      expect(answer.status).toBe(404);
      expect(ocsMeta(answer)).toMatchObject({ statuscode: 404 });
    }
    if (!IS_REAL) nextcloud.double.faults.reset();
  });
});

describeOnDouble('double only: the feed of a user without any entry', () => {
  it('is empty with 304 until something happens', async () => {
    const answer = await feed('sort=asc&since=0');
    expect([answer.status, answer.text]).toEqual([304, '']);
  });
});

describeWithApp('the feed of a server with the app', () => {
  it('tells what came after an entry, the oldest first, and 304 when nothing did', async () => {
    await nextcloud.makeFolder(anna, '/before');
    const before = await newest(anna);
    await nextcloud.dav(anna, '/before', { method: 'DELETE' });
    await nextcloud.makeFolder(anna, '/after');
    const later = await feed(`sort=asc&limit=50&since=${String(before)}`);
    const all = entries(later);
    expect(all.map(({ type, object_name }) => [type, object_name])).toEqual([
      ['file_deleted', '/before'],
      ['file_created', '/after'],
    ]);
    expect(all.map(({ object_type }) => object_type)).toEqual(['files', 'files']);
    expect(later.headers['x-activity-last-given']).toBe(String(all[1]?.activity_id));
    expect((await feed(`sort=asc&since=${String(all[1]?.activity_id)}`)).status).toBe(304);
  });

  it('begins again for an entry it does not know, and refuses one of another user with 403', async () => {
    const all = entries(await feed('sort=asc'));
    expect(all.length).toBeGreaterThan(0);
    expect(entries(await feed('sort=asc&since=999999999'))).toEqual(all);
    const bert = await nextcloud.createUser();
    await nextcloud.makeFolder(bert, '/c');
    expect((await feed(`sort=asc&since=${String(await newest(bert))}`)).status).toBe(403);
  });

  it('tells the recipient of a share what its owner does in it', async () => {
    const bert = await nextcloud.createUser();
    await nextcloud.makeFolder(bert, '/ward');
    const unshare = await nextcloud.share(bert, '/ward', anna);
    await nextcloud.makeFolder(bert, '/ward/rounds');
    await unshare();
    const [last, between, first] = entries(await feed('sort=desc&limit=3'));
    expect([first?.type, between?.type, last?.type]).toEqual(['shared', 'file_created', 'shared']);
  });
});
