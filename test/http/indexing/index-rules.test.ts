// The own rules of what is indexed, what they would change, and why a file is indexed or not.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, createUser, type Answer, type Problem, type TestUser } from '../../support/api.ts';
import {
  createLinkedUser,
  methodCounts,
  putFiles,
  scan,
  startSettledNextcloud,
} from '../../support/indexed-account.ts';
import { encryptedPdf, imageOnlyPdf } from '../../support/pdf.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const ROUTE = '/api/integrations/files/index-rules';

let nextcloud: NextcloudDouble;
let app: TestApp;
let user: TestUser;
let stranger: TestUser;

beforeAll(async () => {
  nextcloud = await startSettledNextcloud();
  app = await startTestApp({
    env: {
      NEXTCLOUD_URL: nextcloud.url,
      NEXTCLOUD_WATCH_DIRECTORIES: '/Documents',
      INDEX_EXCLUDE: 'drafts/,~*',
      INDEX_MAX_FILE_MB: '1',
      INDEX_HINT_SECONDS: '3600',
    },
  });
  user = await createLinkedUser(app, nextcloud, 'ida');
  stranger = await createLinkedUser(app, nextcloud, 'otto');
  putFiles(nextcloud, 'ida', {
    '/Documents/a.txt': 'alpha',
    '/Documents/locked.pdf': encryptedPdf(),
    '/Documents/pictures.pdf': imageOnlyPdf(),
    '/Documents/table.xlsx': 'x',
    '/Documents/big.txt': 'word '.repeat(300_000),
    '/Documents/drafts/letter.md': 'A draft.',
    '/Documents/private/.noindex': '',
    '/Documents/private/deep/er/diary.txt': 'Dear diary.',
    '/Elsewhere/e.txt': 'epsilon',
  });
  putFiles(nextcloud, 'otto', { '/Documents/ottos.txt': 'Of Otto.' });
  await scan(app, user);
  // New rules ask for a scan: not within this hour, or it would come between what the tests count.
  await app.database.read((em) => em.execute('update scan_states set hint_taken_at = now()'));
});
afterAll(async () => {
  await app.close();
  await nextcloud.stop();
});

interface Rules {
  readonly version: number;
  readonly effective: Record<string, unknown>;
}

const read = (who = user): Promise<Answer<Rules>> => call<Rules>(app, `GET ${ROUTE}`, { token: who.access_token });

const replace = (json: unknown, version: string | null = null, who = user): Promise<Answer<Rules & Problem>> =>
  call(app, `PUT ${ROUTE}`, {
    token: who.access_token,
    json,
    ...(version !== null && { headers: { 'if-match': version } }),
  });

const stateOf = (path: string, who = user): Promise<Answer> =>
  call(app, `GET /api/integrations/files/index-state?path=${encodeURIComponent(path)}`, { token: who.access_token });

const dryRun = (json: unknown): Promise<Answer<Record<string, unknown> & Problem>> =>
  call(app, `POST ${ROUTE}/dry-run`, { token: user.access_token, json });

const pathsOf = async (who: TestUser): Promise<string[]> => {
  const { body } = await call<{ documents: { path: string }[] }>(app, 'GET /api/documents', {
    token: who.access_token,
  });
  return body.documents.map(({ path }) => path).toSorted();
};

describe('GET /api/integrations/files/index-state', () => {
  it.each([
    ['/Documents/a.txt', { state: 'indexed', rule: null, attempts: 1, last_seen_at: expect.any(String) }],
    ['/Documents/locked.pdf', { state: 'failed', reason: 'encrypted' }],
    ['/Documents/pictures.pdf', { state: 'no_text_layer', rule: null }],
    ['/Documents/big.txt', { state: 'too_large', reason: 'too-large' }],
    ['/Documents/table.xlsx', { state: 'unsupported', last_seen_at: null }],
    ['/Documents/drafts/letter.md', { state: 'excluded', rule: 'excluded-by:drafts/' }],
    ['/Documents/private/deep/er/diary.txt', { state: 'excluded', rule: 'noindex:/Documents/private' }],
    ['/Elsewhere/e.txt', { state: 'excluded', rule: 'outside-watch-directories' }],
  ])('explains %s', async (path, expected) => {
    const { status, body } = await stateOf(path);
    expect(status).toBe(200);
    expect(body).toMatchObject({ path, ...expected, explanation: expect.stringMatching(/^[A-Z].+/) });
  });

  it('explains a file that no scan has seen yet, and one that failed until a time', async () => {
    nextcloud.putFile('ida', '/Documents/new.txt', 'new');
    expect((await stateOf('/Documents/new.txt')).body).toMatchObject({ state: 'pending', rule: null });
    nextcloud.remove('ida', '/Documents/new.txt');
    await app.database.read((em) =>
      em.execute(
        `update documents set state = 'pending', state_reason = 'resource-locked', retry_at = now() + interval '1 minute'
         where path = '/Documents/a.txt'`,
      ),
    );
    expect((await stateOf('/Documents/a.txt')).body).toMatchObject({
      state: 'pending',
      reason: 'resource-locked',
      retry_at: expect.any(String),
      explanation: expect.stringContaining('It is tried again after'),
    });
    await app.database.read((em) =>
      em.execute(
        `update documents set state = 'indexed', state_reason = null, retry_at = null where path = '/Documents/a.txt'`,
      ),
    );
  });

  it('S30: answers 404 for files of others as for what is not there, and tells no difference', async () => {
    const [foreign, missing] = [await stateOf('/Documents/ottos.txt'), await stateOf('/Documents/nothing.txt')];
    expect([foreign.status, missing.status]).toEqual([404, 404]);
    expect({ ...(foreign.body as object), instance: '' }).toEqual({ ...(missing.body as object), instance: '' });
    expect((await stateOf('/Documents/a.txt', stranger)).status).toBe(404);
  });

  it('answers 409 for a folder, and for a user without an account', async () => {
    expect((await stateOf('/Documents/drafts')).body).toMatchObject({ code: 'not-a-file' });
    const unlinked = await createUser(app);
    expect((await stateOf('/Documents/a.txt', unlinked)).body).toMatchObject({ code: 'account-not-linked' });
  });
});

describe('POST /api/integrations/files/index-rules/dry-run', () => {
  it('tells what would come, go and stay, and writes nothing', async () => {
    const before = await pathsOf(user);
    const { status, body } = await dryRun({
      watch_directories: ['/Documents', '/Elsewhere', '/Nowhere'],
      exclude: ['*.pdf'],
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      newly_indexed: { count: 2, sample: ['/Documents/drafts/letter.md', '/Elsewhere/e.txt'] },
      no_longer_indexed: { count: 2, sample: ['/Documents/locked.pdf', '/Documents/pictures.pdf'] },
      unchanged_count: 1,
      entries_looked_at: expect.any(Number),
      watch_directories_missing: ['/Nowhere'],
      is_complete: true,
    });
    expect((await read()).body.version).toBe(0);
    await scan(app, user);
    expect(await pathsOf(user)).toEqual(before);
  });

  it('looks at an account with one listing per folder that would be watched', async () => {
    nextcloud.clearRequests();
    await dryRun({ watch_directories: ['/Documents', '/Elsewhere'] });
    expect(methodCounts(nextcloud)).toEqual({ PROPFIND: 2 });
  });
});

describe('PUT /api/integrations/files/index-rules', () => {
  it("F1: replaces the operator's rules for this user with the next scan", async () => {
    expect((await read()).body).toMatchObject({
      watch_directories: null,
      exclude: null,
      version: 0,
      effective: { watch_directories: ['/Documents'], include: [], exclude: ['drafts/', '~*'], max_file_mb: 1 },
    });
    const answer = await replace(
      { watch_directories: ['Elsewhere/', '/Documents'], include: ['*.txt', '*.md'], exclude: [] },
      '"0"',
    );
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.body).toMatchObject({ version: 1, watch_directories: ['/Elsewhere', '/Documents'] });
    expect((await stateOf('/Documents/locked.pdf')).body).toMatchObject({
      rule: 'not-included',
      explanation: expect.stringContaining('leaves the index with the next scan'),
    });
    nextcloud.clearRequests();
    const { body } = await scan(app, user);
    expect(body['watch_directories']).toEqual(['/Elsewhere', '/Documents']);
    expect(methodCounts(nextcloud)['GET']).toBe(2);
    expect(await pathsOf(user)).toEqual([
      '/Documents/a.txt',
      '/Documents/big.txt',
      '/Documents/drafts/letter.md',
      '/Elsewhere/e.txt',
    ]);
    expect((await read(stranger)).body.version).toBe(0);
  });

  it('answers 428 without If-Match, and 412 to a version that is not the present one', async () => {
    expect((await replace({})).body.code).toBe('precondition-required');
    for (const version of ['"0"', '"9"', 'W/"1"', '*', 'x']) {
      expect((await replace({}, version)).body.code).toBe('etag-mismatch');
    }
    expect((await read()).body.version).toBe(1);
  });

  it.each([
    [{ exclude: ['a**'] }, '/exclude/0'],
    [{ include: ['*.md', '!x'] }, '/include/1'],
    [{ include: Array.from({ length: 51 }, () => '*') }, '/include'],
    [{ watch_directories: ['/a/../b'] }, '/watch_directories/0'],
    [{ watch_directories: '/Documents' }, '/watch_directories'],
    [{ max_file_mb: 0 }, '/max_file_mb'],
    [{ colour: 'red' }, '/colour'],
  ])('answers 422 to %j, as does the dry run', async (json, pointer) => {
    for (const { status, body } of [await replace(json, '"1"'), await dryRun(json)]) {
      expect(status).toBe(422);
      expect(body.errors?.map((error) => error.pointer)).toContain(pointer);
    }
  });

  it('never widens the size that the operator allows', async () => {
    expect((await replace({ max_file_mb: 500 }, '"1"')).body).toMatchObject({
      max_file_mb: 500,
      effective: { max_file_mb: 1 },
    });
  });

  it('is written into the audit trail', async () => {
    const rows = await app.database.read((em) =>
      em.execute<{ details: unknown }[]>(`select details from audit_events where action = 'index-rules.change'`),
    );
    expect(rows).toHaveLength(2);
  });
});
