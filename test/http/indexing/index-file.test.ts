// One file by its path, jobs that outlast the answer, and what a scan that cannot be done answers.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, createUser, type Problem, type TestUser } from '../../support/api.ts';
import {
  ask,
  createLinkedUser,
  methodCounts,
  putFiles,
  scan,
  startSettledNextcloud,
} from '../../support/indexed-account.ts';
import { encryptedPdf, textPdf } from '../../support/pdf.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

let nextcloud: NextcloudDouble;
let app: TestApp;
let user: TestUser;

beforeAll(async () => {
  nextcloud = await startSettledNextcloud();
  app = await startTestApp({
    env: { NEXTCLOUD_URL: nextcloud.url, NEXTCLOUD_WATCH_DIRECTORIES: '/Documents,/shared' },
  });
  user = await createLinkedUser(app, nextcloud, 'grace');
  putFiles(nextcloud, 'grace', {
    '/Documents/note.txt': 'Penicillin was discovered in 1928.',
    '/Inbox/hypertension guideline.pdf': textPdf([['Start with a low dose of a thiazide.']]),
    '/Inbox/locked.pdf': encryptedPdf(),
    '/Inbox/table.xlsx': 'x',
  });
});
afterAll(async () => {
  await app.close();
  await nextcloud.stop();
});

const index = (json: unknown, query = '') =>
  call(app, `POST /api/integrations/files/index${query}`, { token: user.access_token, json });

describe('POST /api/integrations/files/index', () => {
  it('F6, X-idx1: indexes the file under its title and label and says how long it took', async () => {
    const { status, body } = await index({
      file_path: '/Inbox/hypertension guideline.pdf',
      source_type: 'guideline',
      title: '2024 Hypertension Management Guidelines',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'indexed',
      chunks_indexed: 1,
      title: '2024 Hypertension Management Guidelines',
      path: '/Inbox/hypertension guideline.pdf',
      source_type: 'guideline',
    });
    expect(body['processing_time_ms']).toBeGreaterThan(0);
    const { body: answer } = await ask(app, user, 'Which dose of a thiazide?', {
      filters: { source_types: ['guideline'] },
    });
    expect(answer.citations).toMatchObject([
      { document_id: body['document_id'], title: '2024 Hypertension Management Guidelines', source_type: 'guideline' },
    ]);
  });

  it('X-idx4: asked again it keeps id and chunks, takes the new title and label, and downloads nothing', async () => {
    nextcloud.clearRequests();
    const { body } = await index({ file_path: 'Inbox/hypertension guideline.pdf', source_type: 'note', title: 'New' });
    expect(body).toMatchObject({ status: 'indexed', chunks_indexed: 1, title: 'New', source_type: 'note' });
    // The file itself, and whether a .noindex file lies in the folders above it.
    expect(methodCounts(nextcloud)).toEqual({ PROPFIND: 3 });
    const found = await ask(app, user, 'thiazide', { filters: { source_types: ['note'] } });
    expect(found.body.citations).toHaveLength(1);
    expect((await ask(app, user, 'thiazide', { filters: { source_types: ['guideline'] } })).body.citations).toEqual([]);
  });

  it.each([
    ['/Inbox/none.pdf', 404, 'file-not-found'],
    ['/Inbox', 409, 'not-a-file'],
    ['/Inbox/table.xlsx', 415, 'unsupported-document-type'],
    ['/Inbox/locked.pdf', 422, 'document-encrypted'],
  ])('answers %s with %i %s', async (path, status, code) => {
    const answer = await index({ file_path: path });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ code });
  });

  it.each(
    named([
      [{}, '/file_path'],
      [{ file_path: '' }, '/file_path'],
      [{ file_path: '/a/../b.txt' }, '/file_path'],
      [{ file_path: '/a\u0000.txt' }, '/file_path'],
      [{ file_path: `/${'x'.repeat(251)}.txt` }, '/file_path'],
      [{ file_path: '/a.txt', source_type: 'Guide Line' }, '/source_type'],
      [{ file_path: '/a.txt', title: 'x'.repeat(256) }, '/title'],
      [{ file_path: '/a.txt', title: '\u0000' }, '/title'],
      [{ file_path: '/a.txt', user_id: 'x' }, '/user_id'],
    ]),
  )('answers 422 naming $pointer for $shown', async ({ json, pointer }) => {
    const { status, body } = await call<Problem>(app, 'POST /api/integrations/files/index', {
      token: user.access_token,
      json,
    });
    expect(status).toBe(422);
    expect(body.errors?.map((error) => error.pointer)).toContain(pointer);
  });

  it('answers 202 with the place of the job when nobody waits', async () => {
    const { status, headers, body } = await index({ file_path: '/Documents/note.txt' }, '?wait=0');
    expect(status).toBe(202);
    expect(headers.get('location')).toBe(`/api/jobs/${String(body['job_id'])}`);
    expect(body).toMatchObject({ kind: 'index-file', id: body['job_id'] });
    const job = await jobEnd(headers.get('location')!);
    expect(job).toMatchObject({ state: 'succeeded', progress: { files_indexed: 1, chunks_indexed: 1 } });
  });
});

describe('POST /api/integrations/files/scan-and-index', () => {
  it('R14: gives everybody who asks meanwhile the same job, and fetches each file once', async () => {
    nextcloud.clearRequests();
    const release = nextcloud.hold('/Documents/slow.txt');
    putFiles(nextcloud, 'grace', { '/Documents/slow.txt': 'word '.repeat(800) });
    const asked = Array.from({ length: 4 }, () => scan(app, user));
    await runningScan();
    release();
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.job_id)).size).toBe(1);
    expect(nextcloud.requests.filter(({ method }) => method === 'GET')).toHaveLength(1);
  });

  it('reads everything again when forced, and cites the same afterwards', async () => {
    const before = (await ask(app, user, 'penicillin')).body.citations;
    const { body } = await scan(app, user, '&force_reindex=true');
    expect(body).toMatchObject({ files_failed: 1 });
    expect(body['files_indexed']).toBe(body['files_discovered']! - 1);
    expect((await ask(app, user, 'penicillin')).body.citations).toEqual(before);
  });

  it('X-idx9: answers 202 at once with a job that can be followed', async () => {
    const release = nextcloud.hold('/Documents');
    const answer = await call(app, 'POST /api/integrations/files/scan-and-index?wait=0', { token: user.access_token });
    expect(answer.status).toBe(202);
    release();
    expect(await jobEnd(answer.headers.get('location')!)).toMatchObject({ kind: 'scan', state: 'succeeded' });
  });

  it('answers 409 job-cancelled to those who wait for a scan that somebody cancels', async () => {
    const release = nextcloud.hold('/Documents/endless.txt');
    putFiles(nextcloud, 'grace', { '/Documents/endless.txt': 'word '.repeat(4000) });
    const waiting = scan(app, user);
    await call(app, `DELETE /api/jobs/${await runningScan()}`, { token: user.access_token });
    const { status, body } = await waiting;
    release();
    nextcloud.remove('grace', '/Documents/endless.txt');
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'job-cancelled' });
    expect((await scan(app, user)).status).toBe(200);
  });

  it('answers 409 without a linked account', async () => {
    const stranger = await createUser(app);
    const { status, body } = await scan(app, stranger);
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'account-not-linked' });
  });

  it('F24 answers 202 at once while Nextcloud is away, keeps what it knows and goes on afterwards', async () => {
    nextcloud.faults.isInMaintenance = true;
    const { status, body, headers } = await scan(app, user);
    nextcloud.faults.reset();
    expect(status).toBe(202);
    expect(body).toMatchObject({ problem_code: 'upstream-maintenance', next_attempt_at: expect.any(String) });
    expect((await jobEnd(headers.get('location') ?? ''))['state']).toBe('succeeded');
    expect((await ask(app, user, 'penicillin')).body.citations).toHaveLength(1);
    expect((await scan(app, user)).status).toBe(200);
  });

  it.each(['wait=61', 'wait=-1', 'wait=x', 'wait=1&wait=2', 'source_type=Guide%20Line', 'force_reindex=maybe', 'x=1'])(
    'answers 422 to %s',
    async (query) => {
      const answer = await call<Problem>(app, `POST /api/integrations/files/scan-and-index?${query}`, {
        token: user.access_token,
      });
      expect(answer.status).toBe(422);
      expect(answer.body.errors?.map((error) => error.parameter)).toContain(query.split('=')[0]);
    },
  );

  it('X-idx5: reads with the credential of the user alone, never with that of an administrator', async () => {
    nextcloud.clearRequests();
    await scan(app, user, '&force_reindex=true');
    expect(new Set(nextcloud.requests.map(({ authenticatedUid }) => authenticatedUid))).toEqual(new Set(['grace']));
    expect(nextcloud.requests.every(({ usedAppPassword }) => usedAppPassword === true)).toBe(true);
  });

  it('X-idx4: a file is not answered from any more once it is no longer shared with the user', async () => {
    nextcloud.addUser({ uid: 'owner', password: 'password of owner' });
    putFiles(nextcloud, 'owner', { '/shared/quinine.txt': 'Quinine was used against malaria.' });
    nextcloud.share('owner', '/shared', 'grace');
    await scan(app, user);
    const found = await ask(app, user, 'malaria');
    expect(found.body.citations).toHaveLength(1);
    nextcloud.unshare('owner', '/shared', 'grace');
    expect((await scan(app, user)).body).toMatchObject({ files_removed: 1 });
    expect((await ask(app, user, 'malaria')).body.citations).toEqual([]);
    const id = found.body.citations[0]!.document_id;
    expect((await call(app, `GET /api/documents/${id}`, { token: user.access_token })).status).toBe(404);
  });
});

/** The id of the scan that is asked for already, once it runs. */
async function runningScan(): Promise<string> {
  const { body } = await call(app, 'POST /api/integrations/files/scan-and-index?wait=0', { token: user.access_token });
  const id = String(body['job_id']);
  while ((await call(app, `GET /api/jobs/${id}`, { token: user.access_token })).body['state'] !== 'running') {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return id;
}

async function jobEnd(location: string): Promise<Record<string, unknown>> {
  for (;;) {
    const { body } = await call(app, `GET ${location}`, { token: user.access_token });
    if (body['state'] !== 'queued' && body['state'] !== 'running') return body;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Cases with a title that fits on a line. */
function named(cases: readonly (readonly [json: object, pointer: string])[]) {
  return cases.map(([json, pointer]) => ({ json, pointer, shown: JSON.stringify(json).slice(0, 60) }));
}
