// Bar R14: one scan at a time and one truth over two servers on one PostgreSQL. Needs TEST_DATABASE_URL.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, type TestUser } from '../../support/api.ts';
import { ask, createLinkedUser, putFiles, scan, startSettledNextcloud } from '../../support/indexed-account.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';
import { createTestDatabase, HAS_DATABASE_SERVER, type TestDatabase } from '../../support/test-database.ts';

const suite = HAS_DATABASE_SERVER ? describe : describe.skip;

suite('two servers on the PostgreSQL of TEST_DATABASE_URL', () => {
  let database: TestDatabase;
  let nextcloud: NextcloudDouble;
  let one: TestApp;
  let other: TestApp;
  let user: TestUser;

  beforeAll(async () => {
    database = await createTestDatabase();
    nextcloud = await startSettledNextcloud();
    const env = {
      DATABASE_URL: database.url ?? '',
      JWT_SECRET: randomBytes(64).toString('base64url'),
      SECRETS_KEYS: `k1:${randomBytes(32).toString('base64')}`,
      NEXTCLOUD_URL: nextcloud.url,
      NEXTCLOUD_WATCH_DIRECTORIES: '/Documents',
    };
    one = await startTestApp({ env });
    other = await startTestApp({ env });
    user = await createLinkedUser(one, nextcloud, 'ada');
  });
  afterAll(async () => {
    await Promise.all([one.close(), other.close()]);
    await nextcloud.stop();
    await database.drop();
  });

  it('scan once and fetch each file once, whichever of them is asked', async () => {
    const files = Array.from({ length: 20 }, (_, index) => [`/Documents/${index}.txt`, `Remedy ${index}.`]);
    putFiles(nextcloud, 'ada', Object.fromEntries(files) as Record<string, string>);
    nextcloud.clearRequests();
    const release = nextcloud.hold('/Documents/19.txt');
    const asked = [one, other, one, other].map((app) => scan(app, user));
    // Asked after them and answered by both: nobody is too late to share the scan.
    const route = 'POST /api/integrations/files/scan-and-index?wait=0';
    for (const app of [one, other]) await call(app, route, { token: user.access_token });
    release();
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.job_id)).size).toBe(1);
    expect(answers[0]?.body).toMatchObject({ files_discovered: 20, files_indexed: 20, files_failed: 0 });
    expect(nextcloud.requests.filter(({ method }) => method === 'GET')).toHaveLength(20);
  });

  it('answer alike, also right after a change that the other one has indexed', async () => {
    for (const [asked, scanned] of [
      [one, other],
      [other, one],
    ] as const) {
      await ask(asked, user, 'remedy');
      // A Nextcloud does not tell two writes of one second and size apart.
      nextcloud.clock.advance(2_000);
      putFiles(nextcloud, 'ada', { '/Documents/1.txt': `Leeches, said server ${scanned.url}.` });
      await scan(scanned, user);
      const answers = await Promise.all([one, other].map((app) => ask(app, user, 'leeches')));
      expect(answers[0]?.body.citations).toMatchObject([{ quoted_text: `Leeches, said server ${scanned.url}.` }]);
      expect(answers[1]?.body.citations).toEqual(answers[0]?.body.citations);
    }
  });
});
