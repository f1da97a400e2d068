// From files in a linked account to a cited answer, through the whole application.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SealPassages } from '../../../src/indexing/ingestion/seal-passages.task.ts';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, type Problem, type TestUser } from '../../support/api.ts';
import {
  ask,
  createLinkedUser,
  methodCounts,
  putFiles,
  scan,
  startSettledNextcloud,
} from '../../support/indexed-account.ts';
import { encryptedPdf, imageOnlyPdf, textPdf } from '../../support/pdf.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

let nextcloud: NextcloudDouble;
let app: TestApp;
let user: TestUser;

beforeAll(async () => {
  nextcloud = await startSettledNextcloud();
  app = await startTestApp({
    env: { NEXTCLOUD_URL: nextcloud.url, NEXTCLOUD_WATCH_DIRECTORIES: '/Documents,/Guidelines' },
  });
  user = await createLinkedUser(app, nextcloud, 'ada');
  putFiles(nextcloud, 'ada', {
    '/Documents/hypertension.pdf': textPdf([
      ['Introduction to the guideline.'],
      ['Thiazide diuretics are the first-line treatment of hypertension.'],
    ]),
    '/Documents/asthma.md': '# Asthma\n\nInhaled corticosteroids control persistent asthma.\n',
    '/Documents/deep/er/gout.txt': 'Colchicine relieves an acute attack of gout.',
    '/Documents/locked.pdf': encryptedPdf(),
    '/Documents/pictures.pdf': imageOnlyPdf(),
    '/Documents/budget.xlsx': 'not a document',
    '/Private/diary.txt': 'Nobody watches this folder of secrets.',
  });
});
afterAll(async () => {
  await app.close();
  await nextcloud.stop();
});

describe('POST /api/integrations/files/scan-and-index', () => {
  it('F1, F5: indexes PDF, TXT and MD of the watched folders and counts under both name sets', async () => {
    const { status, body } = await scan(app, user, '&source_type=guideline');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      scan_completed: true,
      watch_directories: ['/Documents', '/Guidelines'],
      files_discovered: 5,
      total_files_found: 5,
      files_indexed: 3,
      files_failed: 1,
      files_skipped: 1,
      files_without_text: 1,
      watch_directories_missing: 1,
    });
  });

  it('F4, R14, P9: asks one question per watched folder and downloads nothing when nothing has changed', async () => {
    nextcloud.clearRequests();
    const { body } = await scan(app, user);
    expect(body).toMatchObject({ files_discovered: 5, files_indexed: 0, files_failed: 1, files_skipped: 4 });
    expect(methodCounts(nextcloud)).toEqual({ PROPFIND: 2 });
  });

  it('P9: asks at most depth + 1 questions and downloads once when one file has changed', async () => {
    nextcloud.putFile('ada', '/Documents/deep/er/gout.txt', 'Naproxen relieves an acute attack of gout as well.');
    nextcloud.clearRequests();
    const { body } = await scan(app, user);
    expect(body).toMatchObject({ files_discovered: 5, files_indexed: 1 });
    // Stat of both watched folders, then Documents, deep and er.
    expect(methodCounts(nextcloud)).toEqual({ PROPFIND: 2 + 3, GET: 1 });
    const { body: answer } = await ask(app, user, 'What relieves gout?');
    expect(answer.citations.map(({ quoted_text: quote }) => quote)).toEqual([
      'Naproxen relieves an acute attack of gout as well.',
    ]);
  });
});

describe('what is kept of a file', () => {
  it('X-idx2: is what the listing says, and reading it only ever reads', async () => {
    nextcloud.clearRequests();
    putFiles(nextcloud, 'ada', { '/Documents/size.txt': 'twelve bytes' });
    await scan(app, user);
    expect(Object.keys(methodCounts(nextcloud)).toSorted()).toEqual(['GET', 'PROPFIND']);
    expect(nextcloud.readFile('ada', '/Documents/size.txt').toString()).toBe('twelve bytes');
    const { body } = await call<{ documents: Record<string, unknown>[] }>(app, 'GET /api/documents?limit=1', {
      token: user.access_token,
    });
    expect(body.documents[0]).toMatchObject({ path: '/Documents/size.txt', size: 12, media_type: 'text/plain' });
    const age = Date.now() - Date.parse(String(body.documents[0]?.['modified_at']));
    expect(age).toBeGreaterThan(50_000);
    expect(age).toBeLessThan(120_000);
    nextcloud.remove('ada', '/Documents/size.txt');
    await scan(app, user);
  });
});

describe('POST /api/realtime/query', () => {
  it('X-idx3, X-idx6: asks no other server, so neither the question nor the documents leave the house', async () => {
    nextcloud.clearRequests();
    const { status, body } = await ask(app, user, 'What controls asthma?');
    expect(status).toBe(200);
    expect(body.citations).toHaveLength(1);
    expect(nextcloud.requests).toEqual([]);
    const events = await app.database.read((em) =>
      em.execute<{ details: object }[]>(
        `select details from audit_events where actor_id = ? and action = 'knowledge.query' order by sequence desc limit 1`,
        [user.id],
      ),
    );
    expect(events).toEqual([{ details: { passages: 1, citations: 1 } }]);
  });

  it('F7, X-idx8: cites document, revision, page, character range and the exact words', async () => {
    const { status, body } = await ask(app, user, 'What is the first-line treatment of hypertension?');
    expect(status).toBe(200);
    const [citation] = body.citations;
    expect(citation).toMatchObject({
      number: 1,
      title: 'hypertension.pdf',
      path: '/Documents/hypertension.pdf',
      source_type: 'guideline',
      page: 2,
      start_offset: 0,
      quoted_text: 'Thiazide diuretics are the first-line treatment of hypertension.',
    });
    expect(citation!.end_offset).toBe(citation!.quoted_text.length);
    expect(citation!.revision).toMatch(/^".+"$/);
    expect(body.answer).toContain('[1]');
    expect(body.retrieval).toMatchObject({ mode: 'lexical', degraded: false });
    expect(Date.parse(body.created_at)).not.toBeNaN();
    const document = await call(app, `GET /api/documents/${citation!.document_id}`, { token: user.access_token });
    expect(document.body).toMatchObject({ path: citation!.path, revision: citation!.revision, page_count: 2 });
  });

  it('says so plainly, without citations, when nothing answers', async () => {
    const { status, body } = await ask(app, user, 'zebra crossing timetable');
    expect(status).toBe(200);
    expect(body.citations).toEqual([]);
    expect(body.answer).toMatch(/No passage/);
  });

  it('S30, X-idx5: finds nothing of another user, by words, by document id or by state', async () => {
    const other = await createLinkedUser(app, nextcloud, 'mallory');
    await scan(app, other);
    const { body: mine } = await ask(app, user, 'hypertension');
    const documentId = mine.citations[0]!.document_id;
    for (const filters of [
      {},
      { filters: { document_ids: [documentId] } },
      { filters: { source_types: ['guideline'] } },
    ]) {
      const { body } = await ask(app, other, 'What is the first-line treatment of hypertension?', filters);
      expect(body).toMatchObject({ citations: [], retrieval: { passages_considered: 0 } });
    }
    const token = other.access_token;
    expect((await call(app, `GET /api/documents/${documentId}`, { token })).status).toBe(404);
    expect((await call(app, 'GET /api/documents', { token })).body).toEqual({ documents: [], next_cursor: null });
    const state = await call(app, 'GET /api/integrations/files/index-state?path=/Documents/hypertension.pdf', {
      token,
    });
    expect(state.status).toBe(404);
  });

  it.each(
    named([
      [{ query: '' }, '/query'],
      [{ query: ' \n ' }, '/query'],
      [{ query: 'x'.repeat(2001) }, '/query'],
      [{ query: 7 }, '/query'],
      [{ query: 'x', top_k: 0 }, '/top_k'],
      [{ query: 'x', top_k: 21 }, '/top_k'],
      [{ query: 'x', top_k: '5' }, '/top_k'],
      [{ query: 'x', filters: [] }, '/filters'],
      [{ query: 'x', filters: { document_ids: ['1'] } }, '/filters/document_ids'],
      [{ query: 'x', filters: { source_types: ['A B'] } }, '/filters/source_types'],
      [{ query: 'x', filters: { user_id: 'x' } }, '/filters/user_id'],
    ]),
  )('answers 422 naming $pointer for $shown', async ({ json, pointer }) => {
    const { status, body } = await call<Problem>(app, 'POST /api/realtime/query', { token: user.access_token, json });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'validation-failed' });
    expect(body.errors?.map((error) => error.pointer)).toContain(pointer);
  });
});

describe('GET /api/integrations/files/index-state', () => {
  it.each([
    ['/Documents/locked.pdf', { state: 'failed', reason: 'encrypted', attempts: 1, revision: null }],
    ['/Documents/pictures.pdf', { state: 'no_text_layer', reason: 'no-text-layer', revision: null }],
    ['Documents/asthma.md/', { path: '/Documents/asthma.md', state: 'indexed', reason: null }],
  ])('says why %s is or is not indexed', async (path, expected) => {
    const { status, body } = await call(
      app,
      `GET /api/integrations/files/index-state?path=${encodeURIComponent(path)}`,
      {
        token: user.access_token,
      },
    );
    expect(status).toBe(200);
    expect(body).toMatchObject(expected);
  });

  it.each([
    ['/Private/nothing.txt', 404],
    ['/Documents/../Private/diary.txt', 422],
    ['/a%00b', 422],
  ])('answers %s with %i', async (path, status) => {
    const answer = await call(app, `GET /api/integrations/files/index-state?path=${path}`, {
      token: user.access_token,
    });
    expect(answer.status).toBe(status);
  });
});

describe('GET /api/documents', () => {
  it('lists all documents page by page, and by state', async () => {
    const paths: string[] = [];
    let cursor = '';
    do {
      const { body } = await call<{ documents: { path: string }[]; next_cursor: string | null }>(
        app,
        `GET /api/documents?limit=2${cursor}`,
        { token: user.access_token },
      );
      paths.push(...body.documents.map(({ path }) => path));
      cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
    } while (cursor !== '');
    expect(paths.toSorted()).toEqual([
      '/Documents/asthma.md',
      '/Documents/deep/er/gout.txt',
      '/Documents/hypertension.pdf',
      '/Documents/locked.pdf',
      '/Documents/pictures.pdf',
    ]);
    const failed = await call(app, 'GET /api/documents?state=failed', { token: user.access_token });
    expect(failed.body).toMatchObject({ documents: [{ path: '/Documents/locked.pdf', reason: 'encrypted' }] });
  });

  it.each(['limit=0', 'limit=201', 'limit=x', 'state=removed', 'cursor=x', 'skip=1'])(
    'answers 422 to %s',
    async (query) => {
      const answer = await call<Problem>(app, `GET /api/documents?${query}`, { token: user.access_token });
      expect(answer.status).toBe(422);
      expect(answer.body.errors?.map((error) => error.parameter)).toContain(query.split('=')[0]);
    },
  );
});

/** Cases with a title that fits on a line. */
function named(cases: readonly (readonly [json: object, pointer: string])[]) {
  return cases.map(([json, pointer]) => ({ json, pointer, shown: JSON.stringify(json).slice(0, 60) }));
}

describe('the text of passages', () => {
  const rows = () =>
    app.database.read((em) =>
      em.execute<{ id: string; text: string; is_sealed: boolean }[]>(
        'select id, text, is_sealed from chunks where user_id = ? order by id',
        [user.id],
      ),
    );
  const quoteOf = async () => (await ask(app, user, 'What controls persistent asthma?')).body.citations[0]?.quoted_text;

  it('F4 is sealed; what an earlier version stored in the clear is answered from, and sealed by and by', async () => {
    const sealed = await rows();
    expect(sealed.length).toBeGreaterThan(0);
    for (const { text } of sealed) expect(text).toMatch(/^u1\.[\w-]+$/);
    const quote = await quoteOf();
    expect(quote).toContain('Inhaled corticosteroids control persistent asthma.');
    const plain = '# Asthma\n\nInhaled corticosteroids control persistent asthma.\n';
    await app.database.read((em) =>
      em.execute('update chunks set text = ?, is_sealed = false where user_id = ?', [plain, user.id]),
    );
    expect(await quoteOf()).toBe(quote);
    await app.app.get(SealPassages, { strict: false }).run();
    expect((await rows()).map(({ is_sealed }) => is_sealed)).not.toContain(false);
    expect(JSON.stringify(await rows())).not.toContain('corticosteroids');
    expect(await quoteOf()).toBe(quote);
  });
});
