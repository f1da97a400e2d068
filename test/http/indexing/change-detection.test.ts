// What a scan notices, and what it asks to find out, on a Nextcloud with all its traps.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, type TestUser } from '../../support/api.ts';
import {
  ask,
  createLinkedUser,
  methodCounts,
  putFiles,
  scan,
  startSettledNextcloud,
  type ScanBody,
} from '../../support/indexed-account.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

let nextcloud: NextcloudDouble;
let app: TestApp;
let user: TestUser;
let uid: string;
let count = 0;

beforeAll(async () => {
  nextcloud = await startSettledNextcloud();
  app = await startTestApp({ env: { NEXTCLOUD_URL: nextcloud.url, NEXTCLOUD_WATCH_DIRECTORIES: '/Documents,/ward' } });
});
afterAll(async () => {
  await app.close();
  await nextcloud.stop();
});
beforeEach(async () => {
  nextcloud.faults.reset();
  count += 1;
  uid = `kim-${String(count)}`;
  user = await createLinkedUser(app, nextcloud, uid);
});

async function scanned(): Promise<ScanBody> {
  const { status, body, text } = await scan(app, user);
  if (status !== 200) throw new Error(text);
  return body;
}

/** What a scan asked the server. */
async function costs(): Promise<Record<string, number>> {
  nextcloud.clearRequests();
  await scanned();
  return methodCounts(nextcloud);
}

async function documentIds(): Promise<Record<string, string>> {
  const { body } = await call<{ documents: { id: string; path: string }[] }>(app, 'GET /api/documents?limit=200', {
    token: user.access_token,
  });
  return Object.fromEntries(body.documents.map(({ path, id }) => [path, id]));
}

async function cited(query: string): Promise<string[]> {
  return (await ask(app, user, query)).body.citations.map(({ path }) => path);
}

describe('what has gone', () => {
  const cases: readonly (readonly [string, string, () => void])[] = [
    ['a file that is deleted', '/Documents/gout.txt', () => nextcloud.remove(uid, '/Documents/gout.txt')],
    [
      'a file that is moved out of the watched folders',
      '/Documents/gout.txt',
      () => nextcloud.move(uid, '/Documents/gout.txt', '/gout.txt'),
    ],
    ['a folder whose share is withdrawn', '/ward/gout.txt', () => nextcloud.unshare('head-nurse', '/ward', uid)],
  ];

  it.each(cases)('S31: %s leaves search with the next scan, and a citation to it answers 404', async (_, path, go) => {
    if (path.startsWith('/ward')) {
      if (count === 3) nextcloud.addUser({ uid: 'head-nurse', password: 'Head-nurse-1' });
      putFiles(nextcloud, 'head-nurse', { [path]: 'Colchicine helps against gout.' });
      nextcloud.share('head-nurse', '/ward', uid);
    } else {
      putFiles(nextcloud, uid, { [path]: 'Colchicine helps against gout.' });
    }
    await scanned();
    expect(await cited('What helps against gout?')).toEqual([path]);
    const id = (await documentIds())[path] ?? '';
    const read = () => call(app, `GET /api/documents/${id}`, { token: user.access_token });
    expect((await read()).status).toBe(200);
    go();
    expect(await scanned()).toMatchObject({ files_removed: 1 });
    expect(await cited('What helps against gout?')).toEqual([]);
    expect((await read()).status).toBe(404);
    const rows = await app.database.read((em) =>
      em.execute<unknown[]>('select 1 from chunks where document_id = ?', [id]),
    );
    expect(rows).toHaveLength(0);
  });

  it("concludes nothing from another user's home, which answers like an empty one", async () => {
    putFiles(nextcloud, uid, { '/Documents/gout.txt': 'Colchicine helps against gout.' });
    await scanned();
    await app.database.read((em) => em.execute(`update nextcloud_accounts set uid = 'admin' where uid = ?`, [uid]));
    await call(app, 'PUT /api/integrations/files/index-rules', {
      token: user.access_token,
      json: { watch_directories: ['/'] },
      headers: { 'if-match': '"0"' },
    });
    const { status, body } = await scan(app, user);
    expect([status, body['code']]).toEqual([502, 'upstream-misconfigured']);
    expect(Object.keys(await documentIds())).toEqual(['/Documents/gout.txt']);
  });
});

describe('what looks unchanged', () => {
  it('a file overwritten within the second, same size and etag, is read again until it is settled', async () => {
    const now = Date.now() / 1000;
    nextcloud.makeFolder(uid, '/Documents');
    nextcloud.putFile(uid, '/Documents/a.txt', 'Take 1 pill.', { uploadTime: Math.floor(now) });
    await scanned();
    nextcloud.putFile(uid, '/Documents/a.txt', 'Take 2 pill.', { uploadTime: Math.floor(now) });
    await scanned();
    expect((await ask(app, user, 'pill')).body.answer).toContain('Take 2 pill.');
  });

  it('a file overwritten later with its size and modification time kept is told by its upload time', async () => {
    nextcloud.makeFolder(uid, '/Documents');
    nextcloud.putFile(uid, '/Documents/a.txt', 'Take 1 pill.', { mtime: 1_700_000_000, uploadTime: 1_700_000_100 });
    await scanned();
    nextcloud.putFile(uid, '/Documents/a.txt', 'Take 2 pill.', { mtime: 1_700_000_000, uploadTime: 1_700_000_200 });
    await scanned();
    expect((await ask(app, user, 'pill')).body.answer).toContain('Take 2 pill.');
  });

  it('a new file with a modification time of years ago is found', async () => {
    nextcloud.makeFolder(uid, '/Documents');
    await scanned();
    nextcloud.putFile(uid, '/Documents/old.txt', 'Leeches.', { mtime: 1_000_000_000 });
    expect(await scanned()).toMatchObject({ files_indexed: 1 });
  });

  it('a file changed on the disk is stored under the etag of its download, not the one of the listing', async () => {
    putFiles(nextcloud, uid, { '/Documents/a.txt': 'Take 1 pill.' });
    await scanned();
    nextcloud.changeOnDisk(uid, '/Documents/a.txt', 'Take two pills.');
    expect(await scanned()).toMatchObject({ files_indexed: 0 });
    await scan(app, user, '&force_reindex=true');
    const [first] = (await ask(app, user, 'pills')).body.citations;
    expect(first?.quoted_text).toContain('Take two pills.');
    // The listing has caught up with the download: the same version to both.
    expect(await costs()).toMatchObject({ GET: 1 });
    expect((await ask(app, user, 'pills')).body.citations[0]?.revision).toBe(first?.revision);
    expect(await costs()).toEqual({ PROPFIND: 2 });
  });
});

describe('what a scan asks', () => {
  it('P9: of 10,000 files in 500 folders: one PROPFIND per watched folder; one change costs its depth and one GET', async () => {
    nextcloud.makeFolder(uid, '/Documents');
    nextcloud.makeFolder(uid, '/ward');
    nextcloud.seedTree({ uid, root: '/Documents', folders: 500, filesPerFolder: 20, extension: 'odt' });
    nextcloud.putFile(uid, '/Documents/folder-00007/a.txt', 'one');
    expect(await scanned()).toMatchObject({ files_discovered: 1 });
    expect(await costs()).toEqual({ PROPFIND: 2 });
    nextcloud.putFile(uid, '/Documents/folder-00007/a.txt', 'three');
    // Both watched folders, and the folder that has changed, one below its own: depth 2.
    expect(await costs()).toEqual({ PROPFIND: 2 + 2, GET: 1 });
    expect(await costs()).toEqual({ PROPFIND: 2 });
  });

  it.each([
    ['allowed', 3],
    ['forbidden', 505],
  ] as const)(
    'P10: of a new account of 500 folders and 5,000 files where Depth: infinity is %s',
    async (depth, most) => {
      nextcloud.faults.depthInfinity = depth;
      nextcloud.makeFolder(uid, '/Documents');
      nextcloud.seedTree({ uid, root: '/Documents', folders: 500, filesPerFolder: 10, extension: 'odt' });
      nextcloud.clearRequests();
      await scanned();
      const propfinds = nextcloud.requests.filter(({ method }) => method === 'PROPFIND');
      expect(propfinds.length).toBeLessThanOrEqual(most);
      expect(new Set(propfinds.map(({ clientPort }) => clientPort)).size).toBeLessThanOrEqual(8);
    },
  );

  it('R14: two scans at once are one, and the next one reads nothing', async () => {
    putFiles(nextcloud, uid, { '/Documents/a.txt': 'one', '/Documents/b.txt': 'two' });
    nextcloud.clearRequests();
    const answers = await Promise.all([scan(app, user), scan(app, user), scan(app, user)]);
    const jobs = new Set(answers.map(({ body }) => body.job_id));
    expect(methodCounts(nextcloud)['GET']).toBe(2);
    for (const { body } of answers) {
      const { files_discovered: found, files_indexed: indexed, files_failed: failed, files_skipped: skipped } = body;
      expect(found).toBe((indexed ?? 0) + (failed ?? 0) + (skipped ?? 0));
    }
    expect(jobs.size).toBeLessThanOrEqual(3);
    expect(await scanned()).toMatchObject({ files_indexed: 0, files_skipped: 2 });
  });

  it('where Depth: infinity is refused, a .noindex file is heeded all the same', async () => {
    nextcloud.faults.depthInfinity = 'not-implemented';
    putFiles(nextcloud, uid, {
      '/Documents/a.txt': 'one',
      '/Documents/private/b.txt': 'two',
      '/Documents/private/deep/c.txt': 'three',
      '/Documents/private/.noindex': '',
    });
    expect(await scanned()).toMatchObject({ files_discovered: 1, files_indexed: 1 });
    nextcloud.remove(uid, '/Documents/private/.noindex');
    expect(await scanned()).toMatchObject({ files_discovered: 3 });
  });
});
