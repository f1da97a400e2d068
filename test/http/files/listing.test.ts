// Looking at files: GET /, /stat, /search and /quota under /api/integrations/files.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, createUser, type Answer, type Problem, type TestUser } from '../../support/api.ts';
import { auditRows } from '../../support/audit-rows.ts';
import { callFile } from '../../support/file-calls.ts';
import { createLinkedUser, startSettledNextcloud } from '../../support/indexed-account.ts';
import { mostMemoryDuring } from '../../support/memory-in-use.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const FILES = '/api/integrations/files';
const MANY = 50_000;

interface Entry {
  readonly name: string;
  readonly path: string;
  readonly type: string;
  readonly owner: string | null;
}
interface Listing extends Partial<Problem> {
  readonly folder: Entry;
  readonly entries: readonly Entry[];
  readonly count: number;
  readonly next_cursor: string | null;
  readonly is_complete?: boolean;
}

let nextcloud: NextcloudDouble;
let app: TestApp;
let anna: TestUser;

beforeAll(async () => {
  nextcloud = await startSettledNextcloud();
  app = await startTestApp({ env: { NEXTCLOUD_URL: nextcloud.url } });
  anna = await createLinkedUser(app, nextcloud, 'anna');
  nextcloud.makeFolder('anna', '/docs/b folder');
  nextcloud.putFile('anna', '/docs/a.pdf', 'pdf', { mtime: 1_700_000_000 });
  nextcloud.putFile('anna', '/docs/b folder/100%_sure.txt', 'x');
  nextcloud.putFile('anna', '/docs/b folder/100 insured.txt', 'x');
});
afterEach(() => nextcloud.faults.reset());
afterAll(async () => {
  await app.close();
  await nextcloud.stop();
});

function get(route: string, query: Record<string, string> = {}, user = anna): Promise<Answer<Listing>> {
  return call<Listing>(app, `GET ${FILES}${route}?${new URLSearchParams(query).toString()}`, {
    token: user.access_token,
  });
}

const names = (answer: Answer<Listing>): string[] => answer.body.entries.map(({ name }) => name);

describe('GET /', () => {
  it('F8: lists a folder in the order of the names, the folder itself apart', async () => {
    const answer = await get('', { path: '/docs' });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      folder: expect.objectContaining({ path: '/docs', type: 'folder', size: 5 }),
      entries: [
        {
          name: 'a.pdf',
          path: '/docs/a.pdf',
          type: 'file',
          fileid: String(nextcloud.fileId('anna', '/docs/a.pdf')),
          etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
          size: 3,
          modified: '2023-11-14T22:13:20.000Z',
          media_type: 'application/pdf',
          permissions: ['read', 'write', 'rename', 'move', 'delete', 'share'],
          is_shared: false,
          owner: 'anna',
        },
        expect.objectContaining({ name: 'b folder', type: 'folder', media_type: null }),
      ],
      count: 2,
      next_cursor: null,
    });
  });

  it('lists the home without a path', async () => {
    expect((await get('')).body.folder.path).toBe('/');
  });

  it('shows whose a shared file is, and that it is shared', async () => {
    const ben = await createLinkedUser(app, nextcloud, 'ben');
    nextcloud.share('anna', '/docs/a.pdf', 'ben');
    const { body } = await get('', {}, ben);
    expect(body.entries).toEqual([expect.objectContaining({ name: 'a.pdf', is_shared: true, owner: 'anna' })]);
    nextcloud.unshare('anna', '/docs/a.pdf', 'ben');
  });

  it('goes through a folder page by page, each entry once, whatever its name', async () => {
    const odd = ['z', 'Z', 'é', '😀', ' leading', 'a', 'a.b', 'a b', '#', '%41', '__proto__', 'ab'];
    nextcloud.makeFolder('anna', '/paged');
    for (const name of odd) nextcloud.putFile('anna', `/paged/${name}`, 'x');
    const seen: string[] = [];
    let cursor: string | null | undefined;
    do {
      const answer: Answer<Listing> = await get('', { path: '/paged', limit: '5', ...(cursor && { cursor }) });
      expect([answer.status, answer.body.count]).toEqual([200, odd.length]);
      seen.push(...names(answer));
      cursor = answer.body.next_cursor;
    } while (cursor);
    expect(seen).toEqual([...odd].sort());
  });

  it('refuses a cursor that is none, and limits out of bounds', async () => {
    for (const query of [
      { cursor: '*' },
      { cursor: 'A' },
      { cursor: '_w' },
      { limit: '0' },
      { limit: '1001' },
      { limit: 'x' },
    ]) {
      const answer = await get('', { path: '/docs', ...query });
      expect([answer.status, answer.body.errors?.[0]?.parameter]).toEqual([422, Object.keys(query)[0]]);
    }
  });

  it('answers a file with 409 not-a-folder and nothing with 404, never with an empty list', async () => {
    const file = await get('', { path: '/docs/a.pdf' });
    const nothing = await get('', { path: '/nothing' });
    expect([file.status, file.body.code, nothing.status, nothing.body.code]).toEqual([
      409,
      'not-a-folder',
      404,
      'file-not-found',
    ]);
  });

  it.each([
    ['a login page of a proxy', () => (nextcloud.faults.showsHtmlLogin = true), 502, 'upstream-misconfigured'],
    ['maintenance', () => (nextcloud.faults.isInMaintenance = true), 503, 'upstream-maintenance'],
    ['a host that is not trusted', () => (nextcloud.faults.isHostUntrusted = true), 502, 'upstream-misconfigured'],
    ['XML that is cut off', () => (nextcloud.faults.hostileXml = 'not-well-formed'), 502, 'upstream-protocol-error'],
    ['hrefs of somebody else', () => (nextcloud.faults.hostileXml = 'foreign-hrefs'), 502, 'upstream-protocol-error'],
    ['a listing that breaks off', () => (nextcloud.faults.truncateBodyAfterBytes = 100), 502, 'upstream-unavailable'],
  ])('C8: says that it failed, and how, on %s', async (_, fail, status, code) => {
    fail();
    const answer = await get('', { path: '/docs' });
    expect([answer.status, answer.body.code, answer.body.entries]).toEqual([status, code, undefined]);
  });

  it('R21: gives a page of 50,000 files with one request to Nextcloud and memory for a page', async () => {
    const many = await createLinkedUser(app, nextcloud, 'many');
    nextcloud.seedTree({ uid: 'many', root: '/many', folders: 1, filesPerFolder: MANY });
    const [folder] = (await get('', { path: '/many' }, many)).body.entries;
    nextcloud.clearRequests();
    let page: Answer<Listing> | undefined;
    const most = await mostMemoryDuring(async () => {
      page = await get('', { path: folder?.path ?? '', limit: '100' }, many);
    });
    expect([page?.body.entries.length, page?.body.count]).toEqual([100, MANY]);
    expect(nextcloud.requests.length).toBe(1);
    // The double makes the listing in this process too.
    expect(most).toBeLessThan(150 * 1024 * 1024);
    const second = await get(
      '',
      { path: folder?.path ?? '', limit: '100', cursor: page?.body.next_cursor ?? '' },
      many,
    );
    expect(names(second)[0]! > (page?.body.entries.at(-1)?.name ?? '')).toBe(true);
  });
});

describe('GET /stat', () => {
  it('tells of one file or folder, with its entity tag as a header too', async () => {
    const answer = await get('/stat', { path: '/docs/b folder' });
    expect(answer.body).toMatchObject({ path: '/docs/b folder', type: 'folder', etag: answer.headers.get('etag') });
    expect((await get('/stat', { path: '/docs/none' })).status).toBe(404);
    expect((await get('/stat')).status).toBe(422);
  });
});

describe('GET /search', () => {
  it('finds by a part of the name, whatever its case, taking % and _ for themselves', async () => {
    expect(names(await get('/search', { query: 'A.PDF' }))).toEqual(['a.pdf']);
    expect(names(await get('/search', { query: '100%' }))).toEqual(['100%_sure.txt']);
    expect(names(await get('/search', { query: '%_' }))).toEqual(['100%_sure.txt']);
    expect(names(await get('/search', { query: '\\' }))).toEqual([]);
  });

  it('finds by media type, family of types and time, below a folder', async () => {
    expect(names(await get('/search', { media_type: 'application/PDF' }))).toEqual(['a.pdf']);
    const texts = await get('/search', { media_type: 'text/*', path: '/docs/b folder' });
    expect(names(texts).sort()).toEqual(['100 insured.txt', '100%_sure.txt']);
    expect(texts.body.entries[0]?.owner).toBeNull();
    const recent = await get('/search', { modified_after: '2024-01-01T00:00:00Z', query: 'a.pdf' });
    expect([names(recent), recent.body.is_complete]).toEqual([[], true]);
    const old = await get('/search', { modified_after: '2023-11-14T23:00:00+02:00', query: 'a.pdf' });
    expect(names(old)).toEqual(['a.pdf']);
  });

  it('says whether there is more', async () => {
    const some = await get('/search', { query: 'sure', limit: '1' });
    expect([some.body.entries.length, some.body.is_complete]).toEqual([1, false]);
    const all = await get('/search', { query: 'sure', limit: '2' });
    expect([all.body.entries.length, all.body.is_complete]).toEqual([2, true]);
  });

  it('asks for a condition, and refuses ones that are none', async () => {
    for (const query of [
      {},
      { path: '/docs' },
      { query: '' },
      { query: 'a\u0000b' },
      { media_type: 'pdf' },
      { modified_after: 'yesterday' },
    ]) {
      expect([query, (await get('/search', query as Record<string, string>)).status]).toEqual([query, 422]);
    }
    expect((await get('/search', { query: 'x', path: '/none' })).body.code).toBe('file-not-found');
  });

  it('takes a name for text, not for XML', async () => {
    nextcloud.putFile('anna', '/docs/a<b>&amp;.txt', 'x');
    expect(names(await get('/search', { query: '<b>&amp;' }))).toEqual(['a<b>&amp;.txt']);
    expect(names(await get('/search', { query: '</d:literal></d:like><d:x>' }))).toEqual([]);
  });

  it('S29: never shows what belongs to somebody else', async () => {
    nextcloud.addUser({ uid: 'zoe', password: 'not used here' });
    nextcloud.putFile('zoe', '/zoes secret.txt', 'x');
    expect(names(await get('/search', { query: 'secret' }))).toEqual([]);
  });
});

describe('GET /quota', () => {
  it('tells what is used and what is left; null without a limit', async () => {
    const dora = await createLinkedUser(app, nextcloud, 'dora');
    nextcloud.putFile('dora', '/ten.txt', '0123456789');
    expect((await get('/quota', {}, dora)).body).toEqual({ used_bytes: 10, available_bytes: null });
    nextcloud.setQuota('dora', 100);
    expect((await get('/quota', {}, dora)).body).toEqual({ used_bytes: 10, available_bytes: 90 });
  });
});

describe('S49: a path', () => {
  const CLIMBING = [
    '/..',
    '/../x',
    '/docs/../../x',
    '/docs/./x',
    '/docs/..',
    '/%2e%2e/x',
    '/docs/%2E%2E/x',
    '/%252e%252e/x',
    '/..%2fx',
    '/..%5cx',
    '/docs\\..\\x',
    '/a\u0000b',
    '/a\nb',
    '/..\u0000/x',
    '/%c0%ae%c0%ae/x',
    '//docs//x',
    `/${'x'.repeat(251)}`,
  ];

  it.each(CLIMBING.map((path) => [JSON.stringify(path).slice(0, 40), path]))(
    '%s never leaves the server',
    async (_, path) => {
      nextcloud.clearRequests();
      for (const route of ['', '/stat', '/content']) {
        const answer = await get(route, { path });
        expect([route, answer.status, answer.body.code]).toEqual([route, 422, 'validation-failed']);
      }
      expect((await get('/search', { query: 'x', path })).status).toBe(422);
      expect(nextcloud.requests).toEqual([]);
    },
  );

  it.each(['100% #1?.txt', "it's (*) & <b>.txt", 'ü é 😀.txt', 'a%2Fb.txt', 'x+y;z:1 ', '...', '..a', '%zz'])(
    'with a name like %s goes there and back',
    async (name) => {
      const path = `/docs/${name}`;
      const written = await callFile(app, anna, { method: 'PUT', path, body: name, headers: { 'if-none-match': '*' } });
      const read = await callFile(app, anna, { method: 'GET', path });
      expect([written.status, read.bytes.toString()]).toEqual([201, name]);
      const listed = await get('', { path: '/docs' });
      expect(names(listed)).toContain(name);
      expect((await get('/stat', { path })).body).toMatchObject({ name, path });
    },
  );

  it('is the same in composed and decomposed letters', async () => {
    await callFile(app, anna, {
      method: 'PUT',
      path: '/docs/e\u0301.txt',
      body: 'x',
      headers: { 'if-none-match': '*' },
    });
    expect((await get('/stat', { path: '/docs/\u00e9.txt' })).body).toMatchObject({ name: '\u00e9.txt' });
  });
});

describe('whose files', () => {
  it('S34 S57: every look is made with the own credential and leaves one row in the audit trail', async () => {
    const own = await createLinkedUser(app, nextcloud, 'erik');
    nextcloud.clearRequests();
    await get('', {}, own);
    await get('/stat', { path: '/' }, own);
    await get('/search', { query: 'x' }, own);
    await get('/quota', {}, own);
    await get('', { path: '/none' }, own);
    expect(new Set(nextcloud.requests.map(({ authenticatedUid }) => authenticatedUid))).toEqual(new Set(['erik']));
    expect((await auditRows(app.database, own.id, 'file.%')).map(({ action, outcome }) => [action, outcome])).toEqual([
      ['file.list', 'success'],
      ['file.stat', 'success'],
      ['file.search', 'success'],
      ['file.quota', 'success'],
      ['file.list', 'failure'],
    ]);
  });

  it('S34: without a linked account every route says 409 and asks nobody', async () => {
    const nobody = await createUser(app);
    nextcloud.clearRequests();
    for (const [route, query] of [
      ['', {}],
      ['/stat', { path: '/' }],
      ['/search', { query: 'x' }],
      ['/quota', {}],
    ] as const) {
      expect((await get(route, query, nobody)).body.code).toBe('account-not-linked');
    }
    expect(nextcloud.requests).toEqual([]);
  });

  it('a home that is not the own is an error, not an empty folder', async () => {
    const fay = await createLinkedUser(app, nextcloud, 'fay');
    nextcloud.addUser({ uid: 'other', password: 'not used here' });
    await app.database.read((em) => em.execute("update nextcloud_accounts set uid = 'other' where uid = 'fay'"));
    const answer = await get('', {}, fay);
    expect([answer.status, answer.body.code]).toEqual([502, 'upstream-misconfigured']);
  });
});
