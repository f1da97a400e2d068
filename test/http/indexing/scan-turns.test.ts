// F25: users take turns, and a scan of a few changes never waits for a first scan.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, type TestUser } from '../../support/api.ts';
import { createLinkedUser, startSettledNextcloud } from '../../support/indexed-account.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

interface JobBody {
  readonly job_id: string;
  readonly state: string;
  readonly progress: Readonly<Record<string, number>>;
  readonly jobs_ahead: number | null;
  readonly finished_at: string | null;
}

const SCAN = 'POST /api/integrations/files/scan-and-index?wait=0';
const NEWCOMERS = ['ben', 'cleo', 'dora', 'emil'];
const FILES = 60;

let nextcloud: NextcloudDouble;
let app: TestApp;

beforeAll(async () => {
  nextcloud = await startSettledNextcloud();
  app = await startTestApp({ env: { NEXTCLOUD_URL: nextcloud.url, NEXTCLOUD_WATCH_DIRECTORIES: '/Documents' } });
});
afterAll(async () => {
  await app.close();
  await nextcloud.stop();
});

const scan = async (user: TestUser): Promise<string> =>
  (await call<JobBody>(app, SCAN, { token: user.access_token })).body.job_id;
const look = async (user: TestUser, id: string): Promise<JobBody> =>
  (await call<JobBody>(app, `GET /api/jobs/${id}`, { token: user.access_token })).body;

async function untilDone(user: TestUser, id: string): Promise<JobBody> {
  const { body } = await call<JobBody>(app, `GET /api/jobs/${id}`, { token: user.access_token });
  if (body.finished_at !== null) return body;
  await new Promise((resolve) => setTimeout(resolve, 100));
  return untilDone(user, id);
}

describe('F25 scans of several users', () => {
  it('F25 let a scan of one change through while first scans of many files run, and those take turns', async () => {
    const ada = await createLinkedUser(app, nextcloud, 'ada');
    nextcloud.seedTree({ uid: 'ada', root: '/Documents', folders: 1, filesPerFolder: 3 });
    await untilDone(ada, await scan(ada));

    const newcomers: TestUser[] = [];
    for (const uid of NEWCOMERS) {
      newcomers.push(await createLinkedUser(app, nextcloud, uid));
      nextcloud.seedTree({ uid, root: '/Documents', folders: 2, filesPerFolder: FILES / 2 });
    }
    const first = await Promise.all(newcomers.map(scan));
    const waits = await Promise.all(first.map(async (id, index) => (await look(newcomers[index]!, id)).jobs_ahead));
    expect(Math.max(...waits.map((ahead) => ahead ?? 0))).toBeGreaterThan(0);
    nextcloud.putFile('ada', '/Documents/new.md', '# New\n\nA new page about migraine.');
    const rescan = await untilDone(ada, await scan(ada));
    expect([rescan.state, rescan.progress['files_indexed']]).toEqual(['succeeded', 1]);

    const ends = await Promise.all(first.map((id, index) => untilDone(newcomers[index]!, id)));
    for (const { state, progress, finished_at } of ends) {
      expect([state, progress['files_indexed'], progress['files_failed']]).toEqual(['succeeded', FILES, 0]);
      expect(Date.parse(finished_at ?? '')).toBeGreaterThan(Date.parse(rescan.finished_at ?? ''));
    }
    const times = ends.map(({ finished_at }) => Date.parse(finished_at ?? '')).toSorted((a, b) => a - b);
    // Nobody's files were all read before another's second turn: the first to end is not far before the last one.
    const [, , , last = 0] = times;
    expect(last - times[0]!).toBeLessThan((last - Date.parse(rescan.finished_at ?? '')) * 0.35);
  });
});
