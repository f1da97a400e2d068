// F24: a scan while Nextcloud is away.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { JobStore } from '../../../src/jobs/job-store.ts';
import { call, type Problem, type TestUser } from '../../support/api.ts';
import { createLinkedUser, startSettledNextcloud } from '../../support/indexed-account.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

interface JobBody extends Problem {
  readonly id: string;
  readonly job_id: string;
  readonly state: string;
  readonly progress: Readonly<Record<string, number>>;
  readonly problem_code: string | null;
  readonly next_attempt_at: string | null;
}

const SCAN = 'POST /api/integrations/files/scan-and-index?wait=0';

let nextcloud: NextcloudDouble;
let app: TestApp;
let user: TestUser;

beforeAll(async () => {
  nextcloud = await startSettledNextcloud();
  app = await startTestApp({ env: { NEXTCLOUD_URL: nextcloud.url, NEXTCLOUD_WATCH_DIRECTORIES: '/Documents' } });
  user = await createLinkedUser(app, nextcloud, 'ada');
  nextcloud.seedTree({ uid: 'ada', root: '/Documents', folders: 2, filesPerFolder: 3 });
});
afterAll(async () => {
  await app.close();
  await nextcloud.stop();
});

const scan = async (): Promise<string> => (await call<JobBody>(app, SCAN, { token: user.access_token })).body.job_id;

async function until(id: string, isReached: (job: JobBody) => boolean): Promise<JobBody> {
  for (;;) {
    const { body } = await call<JobBody>(app, `GET /api/jobs/${id}`, { token: user.access_token });
    if (isReached(body)) return body;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const isWaiting = ({ state, next_attempt_at }: JobBody): boolean => state === 'queued' && next_attempt_at !== null;

describe('F24 a scan while Nextcloud is in maintenance', () => {
  it('waits, says for what and until when, is one with a scan asked for meanwhile, and goes on by itself', async () => {
    nextcloud.faults.isInMaintenance = true;
    const id = await scan();
    const waiting = await until(id, isWaiting);
    expect(waiting.problem_code).toBe('upstream-maintenance');
    const inMs = Date.parse(waiting.next_attempt_at ?? '') - Date.now();
    expect(inMs).toBeGreaterThan(-1_000);
    expect(inMs).toBeLessThan(61_000);
    expect(await scan()).toBe(id);
    nextcloud.faults.isInMaintenance = false;
    const done = await until(id, ({ state }) => state !== 'queued' && state !== 'running');
    expect([done.state, done.problem_code, done.next_attempt_at]).toEqual(['succeeded', null, null]);
    expect(done.progress['files_indexed']).toBe(6);
  });

  it('can be cancelled while it waits, and is not taken up again', async () => {
    nextcloud.faults.isInMaintenance = true;
    const id = await scan();
    await until(id, isWaiting);
    expect((await call(app, `DELETE /api/jobs/${id}`, { token: user.access_token })).status).toBe(200);
    expect((await until(id, ({ state }) => state !== 'queued')).state).toBe('cancelled');
    nextcloud.faults.isInMaintenance = false;
    const next = await scan();
    expect(next).not.toBe(id);
    expect((await until(next, ({ state }) => state === 'succeeded')).problem_code).toBeNull();
  });

  it('F29 goes on when the queue has given up on it or lost it', async () => {
    const jobs = app.app.get(JobStore, { strict: false });
    nextcloud.faults.isInMaintenance = true;
    const id = await scan();
    await until(id, isWaiting);
    expect(await jobs.requeueLost()).toEqual([]);
    const sql = (text: string) => app.database.read((em) => em.execute(text, [id]));
    const lose = async (): Promise<void> => {
      await sql(`update pgboss.job set state = 'failed' where id = (select entry_id from jobs where id = ?)`);
      await sql(`update jobs set state = 'running', updated_at = now() - interval '1 minute' where id = ?`);
    };
    await lose();
    nextcloud.faults.isInMaintenance = false;
    expect(await jobs.requeueLost()).toEqual(['scan']);
    expect((await until(id, ({ state }) => state === 'succeeded')).problem_code).toBeNull();
  });

  it('F24 is tried at once when somebody asks for it again', async () => {
    nextcloud.faults.isInMaintenance = true;
    const id = await scan();
    await until(id, isWaiting);
    await app.database.read((em) =>
      em.execute(
        `update jobs set updated_at = now() - interval '6 seconds', next_attempt_at = now() + interval '1 hour' where id = ?`,
        [id],
      ),
    );
    nextcloud.faults.isInMaintenance = false;
    expect(await scan()).toBe(id);
    await until(id, ({ state }) => state === 'succeeded');
  });

  it('fails after a day', async () => {
    nextcloud.faults.isInMaintenance = true;
    const id = await scan();
    await until(id, isWaiting);
    await app.database.read((em) =>
      em.execute(`update jobs set waiting_since = now() - interval '25 hours' where id = ?`, [id]),
    );
    const failed = await until(id, ({ state }) => state === 'failed');
    expect(failed.problem_code).toBe('upstream-maintenance');
    nextcloud.faults.isInMaintenance = false;
  });
});
