// The feed of the app activity. A server without the app is tested where it is real; the rest was measured on 27.1.10.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeOnDouble, IS_REAL, NextcloudUnderTest, ocsData, ocsMeta } from './nextcloud-under-test.ts';
import type { TestUser } from './nextcloud-under-test.ts';
import { basic, bearer, type RawAnswer } from './raw-http.ts';

const FEED = '/apps/activity/api/v2/activity';

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

const feed = (query: string): Promise<RawAnswer> =>
  nextcloud.ocs(`${FEED}?${query}`, { headers: bearer(anna.appPassword) });

const entries = (answer: RawAnswer): Entry[] => ocsData(answer) as unknown as Entry[];

describe('a server without the app', () => {
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

describeOnDouble('double only: the feed', () => {
  it('is empty with 304 until something happens', async () => {
    const answer = await feed('sort=asc&since=0');
    expect([answer.status, answer.text]).toEqual([304, '']);
  });

  it('tells what came after an entry, the oldest first, and 304 when nothing did', async () => {
    nextcloud.double.putFile(anna.uid, '/a.txt', 'one');
    nextcloud.double.putFile(anna.uid, '/b.txt', 'two');
    const all = entries(await feed('sort=asc&limit=50'));
    expect(all.map(({ object_name }) => object_name)).toEqual(['/a.txt', '/b.txt']);
    expect(all[0]).toMatchObject({ object_type: 'files', type: 'file_changed' });
    const later = await feed(`sort=asc&since=${String(all[0]?.activity_id)}`);
    expect(entries(later).map(({ object_name }) => object_name)).toEqual(['/b.txt']);
    expect(later.headers['x-activity-last-given']).toBe(String(all[1]?.activity_id));
    expect((await feed(`sort=asc&since=${String(all[1]?.activity_id)}`)).status).toBe(304);
  });

  it('begins again for an entry it does not know, and refuses one of another user with 403', async () => {
    expect(entries(await feed('sort=asc&since=999999'))).toHaveLength(2);
    const bert = await nextcloud.createUser();
    nextcloud.double.putFile(bert.uid, '/c.txt', 'three');
    const foreign = await nextcloud.ocs(`${FEED}?sort=desc&limit=1`, { headers: bearer(bert.appPassword) });
    expect((await feed(`sort=asc&since=${String(entries(foreign)[0]?.activity_id)}`)).status).toBe(403);
  });

  it('tells the recipient of a share what its owner does in it', async () => {
    const bert = await nextcloud.createUser();
    nextcloud.double.makeFolder(bert.uid, '/ward');
    nextcloud.double.share(bert.uid, '/ward', anna.uid);
    nextcloud.double.putFile(bert.uid, '/ward/rounds.txt', 'four');
    nextcloud.double.unshare(bert.uid, '/ward', anna.uid);
    const [last, before, first] = entries(await feed('sort=desc&limit=3'));
    expect([first?.type, before?.type, last?.type]).toEqual(['shared', 'file_changed', 'shared']);
  });
});
