// Watching and cancelling work in the background (F3).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, createUser, type Problem, type TestUser } from '../../support/api.ts';
import { createLinkedUser, startSettledNextcloud } from '../../support/indexed-account.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

interface JobBody extends Problem {
  readonly id: string;
  readonly job_id: string;
  readonly state: string;
  readonly progress: Readonly<Record<string, number>>;
  readonly finished_at: string | null;
}

const FOLDERS = 20;
const FILES_PER_FOLDER = 20;
const POLL_MS = 100;

let nextcloud: NextcloudDouble;
let app: TestApp;
let user: TestUser;
let other: TestUser;

beforeAll(async () => {
  nextcloud = await startSettledNextcloud();
  app = await startTestApp({ env: { NEXTCLOUD_URL: nextcloud.url, NEXTCLOUD_WATCH_DIRECTORIES: '/Documents' } });
  user = await createLinkedUser(app, nextcloud, 'ada');
  other = await createUser(app);
  nextcloud.seedTree({ uid: 'ada', root: '/Documents', folders: FOLDERS, filesPerFolder: FILES_PER_FOLDER });
});
afterAll(async () => {
  await app.close();
  await nextcloud.stop();
});

const startScan = async (): Promise<string> => {
  const route = 'POST /api/integrations/files/scan-and-index?wait=0&force_reindex=true';
  const answer = await call<JobBody>(app, route, { token: user.access_token });
  expect(answer.status).toBe(202);
  expect(answer.headers.get('location')).toBe(`/api/jobs/${answer.body.job_id}`);
  return answer.body.job_id;
};

const read = (id: string, who = user) => call<JobBody>(app, `GET /api/jobs/${id}`, { token: who.access_token });
const cancel = (id: string, who = user) => call<JobBody>(app, `DELETE /api/jobs/${id}`, { token: who.access_token });

async function until(id: string, isReached: (job: JobBody) => boolean): Promise<JobBody> {
  for (;;) {
    const { body } = await read(id);
    if (isReached(body)) return body;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Keeps one file back, so that no scan can end before the returned function is called. */
const holdLastFile = (): (() => void) => nextcloud.hold('/folder-00020/file-00020.txt');

const isOver = ({ state }: JobBody): boolean => state !== 'queued' && state !== 'running';

describe('a job', () => {
  it('can be cancelled while it runs, keeps what it has done, and a later scan does the rest', async () => {
    const release = holdLastFile();
    const id = await startScan();
    await until(id, ({ progress }) => (progress['files_indexed'] ?? 0) > 0);
    expect((await cancel(id)).status).toBe(200);
    const job = await until(id, isOver);
    release();
    expect(job.state).toBe('cancelled');
    expect(job.finished_at).not.toBeNull();
    const indexed = await app.database.read((em) =>
      em.execute<{ n: string }[]>(`select count(*) as n from documents where state = 'indexed'`),
    );
    expect(Number(indexed[0]?.n)).toBeGreaterThan(0);
    expect(Number(indexed[0]?.n)).toBeLessThan(FOLDERS * FILES_PER_FOLDER);
    const answer = await cancel(id);
    expect(answer.status).toBe(409);
    expect(answer.body.code).toBe('job-finished');
  });

  it('is followed as server-sent events until it has ended', async () => {
    const release = holdLastFile();
    const id = await startScan();
    const response = await fetch(`${app.url}/api/jobs/${id}/events`, {
      headers: { authorization: `Bearer ${user.access_token}` },
    });
    release();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const events = [...(await response.text()).matchAll(/^event: job\n(?:id: .*\n)?data: (.*)$/gm)].map(
      (match) => JSON.parse(match[1] ?? '') as JobBody,
    );
    expect(events.length).toBeGreaterThan(1);
    expect(events.at(-1)?.state).toBe('succeeded');
    expect(events.at(-1)?.progress['files_discovered']).toBe(FOLDERS * FILES_PER_FOLDER);
    const counts = events.map(({ progress }) => progress['files_indexed'] ?? 0);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
  });

  it('R14 is the same job for two requests at once', async () => {
    const release = holdLastFile();
    const [first, second] = await Promise.all([startScan(), startScan()]);
    expect(second).toBe(first);
    await cancel(first);
    await until(first, isOver);
    release();
  });

  it('S29 is nobody else’s business', async () => {
    const [job] = (await call<{ jobs: JobBody[] }>(app, 'GET /api/jobs', { token: user.access_token })).body.jobs;
    const id = job?.id ?? '';
    expect((await read(id, other)).status).toBe(404);
    expect((await cancel(id, other)).status).toBe(404);
    const events = await call(app, `GET /api/jobs/${id}/events`, { token: other.access_token });
    expect(events.status).toBe(404);
    expect((await call(app, 'GET /api/jobs', { token: other.access_token })).body).toEqual({ jobs: [] });
  });

  it.each(['nonsense', '0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f', '%00'])('answers 404 for the id %s', async (id) => {
    expect((await read(id)).body.code).toBe('not-found');
  });
});

describe('a server without NEXTCLOUD_URL', () => {
  it('answers nextcloud-not-configured to whoever wants to link or scan', async () => {
    const bare = await startTestApp();
    try {
      const { access_token: token } = await createUser(bare);
      const json = { login_name: 'ada', app_password: 'secret' };
      const answers = [
        await call<Problem>(bare, 'POST /api/integrations/nextcloud/link', { token, json: {} }),
        await call<Problem>(bare, 'PUT /api/integrations/nextcloud/account', { token, json }),
        await call<Problem>(bare, 'POST /api/integrations/files/scan-and-index', { token }),
      ];
      for (const answer of answers) {
        expect(answer.status).toBe(409);
        expect(answer.body.code).toBe('nextcloud-not-configured');
      }
    } finally {
      await bare.close();
    }
  });
});
