// Folders, move, copy and delete under /api/integrations/files.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, type Answer, type Problem, type TestUser } from '../../support/api.ts';
import { auditRows } from '../../support/audit-rows.ts';
import { callFile, type ByteAnswer } from '../../support/file-calls.ts';
import { createLinkedUser, startSettledNextcloud } from '../../support/indexed-account.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const FILES = '/api/integrations/files';

let nextcloud: NextcloudDouble;
let app: TestApp;
let anna: TestUser;

beforeAll(async () => {
  nextcloud = await startSettledNextcloud();
  app = await startTestApp({ env: { NEXTCLOUD_URL: nextcloud.url } });
  anna = await createLinkedUser(app, nextcloud, 'anna');
});
afterEach(() => nextcloud.faults.reset());
afterAll(async () => {
  await app.close();
  await nextcloud.stop();
});

type Body = Record<string, unknown> & Partial<Problem>;

function post(route: string, json: object, headers: Record<string, string> = {}): Promise<Answer<Body>> {
  return call<Body>(app, `POST ${FILES}/${route}`, { token: anna.access_token, json, headers });
}

function remove(path: string, ifMatch: string | undefined = '*', route = 'content'): Promise<ByteAnswer> {
  const headers = ifMatch === '' ? {} : { 'if-match': ifMatch };
  return callFile(app, anna, { method: 'DELETE', path, route, headers });
}

async function etagOf(path: string): Promise<string> {
  return String((await callFile(app, anna, { method: 'GET', path, route: 'stat' })).headers['etag']);
}

const exists = async (path: string): Promise<boolean> =>
  (await callFile(app, anna, { method: 'GET', path, route: 'stat' })).status === 200;
const methods = (): string[] => nextcloud.requests.map(({ method }) => method);

describe('POST /folders', () => {
  it('makes a folder and says what it is', async () => {
    const answer = await post('folders', { path: '/made' });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ name: 'made', path: '/made', type: 'folder', size: 0, media_type: null });
    expect(answer.body['permissions']).toEqual(expect.arrayContaining(['create_file', 'create_folder']));
  });

  it('makes no folder above it unless asked to: 409 parent-not-found', async () => {
    const answer = await post('folders', { path: '/a/b/c' });
    expect([answer.status, answer.body.code, await exists('/a')]).toEqual([409, 'parent-not-found', false]);
    const recursive = await post('folders', { path: '/a/b/c', recursive: true });
    expect([recursive.status, recursive.body['path']]).toEqual([201, '/a/b/c']);
    expect((await post('folders', { path: '/a/b/d/e', recursive: true })).status).toBe(201);
  });

  it('refuses what is there already, and a place below a file', async () => {
    nextcloud.makeFolder('anna', '/there');
    nextcloud.putFile('anna', '/there/leaf.txt', 'x');
    for (const path of ['/there', '/there/leaf.txt', '/']) {
      const answer = await post('folders', { path });
      expect([answer.status, answer.body.code]).toEqual([409, 'file-exists']);
    }
    for (const recursive of [false, true]) {
      const answer = await post('folders', { path: '/there/leaf.txt/below', recursive });
      expect([answer.status, answer.body.code]).toEqual([409, 'parent-not-found']);
    }
    const below = await post('folders', { path: '/there/leaf.txt/x/y', recursive: true });
    expect([below.status, below.body.code]).toEqual([409, 'parent-not-found']);
  });

  it('names the member of the body that is wrong', async () => {
    const answer = await post('folders', { path: '/x/../y' });
    expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([422, '/path']);
  });
});

describe('POST /move', () => {
  it('moves and renames; the file keeps its fileid and its version', async () => {
    nextcloud.makeFolder('anna', '/to');
    nextcloud.putFile('anna', '/from.txt', 'text');
    const fileid = String(nextcloud.fileId('anna', '/from.txt'));
    const etag = await etagOf('/from.txt');
    const answer = await post('move', { from: '/from.txt', to: '/to/new name #1.txt' });
    expect([answer.status, answer.body['path'], answer.body['fileid'], answer.body['etag']]).toEqual([
      200,
      '/to/new name #1.txt',
      fileid,
      etag,
    ]);
    expect(await exists('/from.txt')).toBe(false);
  });

  it('replaces nothing unless asked to, then only a file', async () => {
    nextcloud.makeFolder('anna', '/full/inner');
    nextcloud.putFile('anna', '/one.txt', 'one');
    nextcloud.putFile('anna', '/two.txt', 'two');
    const refused = await post('move', { from: '/one.txt', to: '/two.txt' });
    expect([refused.status, refused.body.code, nextcloud.readFile('anna', '/two.txt').toString()]).toEqual([
      409,
      'file-exists',
      'two',
    ]);
    for (const to of ['/full', '/full/inner']) {
      const folder = await post('move', { from: '/one.txt', to, overwrite: true });
      expect([folder.status, folder.body.code, await exists(to)]).toEqual([409, 'file-exists', true]);
    }
    const folderOverFile = await post('move', { from: '/full', to: '/two.txt', overwrite: true });
    expect([folderOverFile.status, folderOverFile.body.code]).toEqual([409, 'file-exists']);
    const replaced = await post('move', { from: '/one.txt', to: '/two.txt', overwrite: true });
    expect([replaced.status, nextcloud.readFile('anna', '/two.txt').toString()]).toEqual([200, 'one']);
  });

  it('replaces only what it has seen there: Nextcloud is told which version, or that there must be none', async () => {
    nextcloud.putFile('anna', '/mover.txt', 'mover');
    nextcloud.clearRequests();
    expect((await post('move', { from: '/mover.txt', to: '/late.txt', overwrite: true })).status).toBe(200);
    const move = nextcloud.requests.find(({ method }) => method === 'MOVE');
    expect([move?.headers['overwrite'], move?.headers['if']]).toEqual(['F', undefined]);
    nextcloud.putFile('anna', '/again.txt', 'again');
    nextcloud.clearRequests();
    await post('move', { from: '/again.txt', to: '/late.txt', overwrite: true });
    const second = nextcloud.requests.find(({ method }) => method === 'MOVE');
    expect([second?.headers['overwrite'], second?.headers['if']]).toEqual([
      'T',
      expect.stringMatching(/^<http.*\/late\.txt> \(\["[0-9a-f]+"\]\)$/),
    ]);
  });

  it('moves the version that If-Match names, a folder too', async () => {
    nextcloud.makeFolder('anna', '/folder');
    nextcloud.putFile('anna', '/folder/in.txt', 'x');
    const before = await etagOf('/folder');
    nextcloud.putFile('anna', '/folder/later.txt', 'y');
    const stale = await post('move', { from: '/folder', to: '/moved' }, { 'if-match': before });
    expect([stale.status, stale.body.code, stale.headers.get('etag')]).toEqual([
      412,
      'etag-mismatch',
      await etagOf('/folder'),
    ]);
    const fresh = await post('move', { from: '/folder', to: '/moved' }, { 'if-match': await etagOf('/folder') });
    expect([fresh.status, await exists('/moved/in.txt')]).toEqual([200, true]);
  });

  it.each([
    ['/x', '/x', '/to'],
    ['/x', '/x/below', '/to'],
    ['/', '/x', '/from'],
    ['/x', '/', '/to'],
    ['/x/../y', '/z', '/from'],
    ['/x', '/z\\y', '/to'],
  ])('refuses %s to %s and names %s', async (from, to, pointer) => {
    nextcloud.clearRequests();
    const answer = await post('move', { from, to });
    expect([answer.status, answer.body.errors?.[0]?.pointer, nextcloud.requests.length]).toEqual([422, pointer, 0]);
  });

  it('says what is missing: the file, or the folder to move it to', async () => {
    nextcloud.putFile('anna', '/homeless.txt', 'x');
    const file = await post('move', { from: '/missing.txt', to: '/y.txt' });
    const folder = await post('move', { from: '/homeless.txt', to: '/no/y.txt' });
    expect([file.status, file.body.code, folder.status, folder.body.code]).toEqual([
      404,
      'file-not-found',
      409,
      'parent-not-found',
    ]);
  });

  it('waits for a lock, which MOVE answers with 500, and gives up with 423', async () => {
    nextcloud.putFile('anna', '/locked.txt', 'x');
    const body =
      '<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"><s:exception>OCP\\Lock\\LockedException</s:exception></d:error>';
    nextcloud.faults.scripted.push({ path: '/locked.txt', method: 'MOVE', status: 500, body, times: 100 });
    const locked = await post('move', { from: '/locked.txt', to: '/free.txt' });
    expect([locked.status, locked.body.code, locked.headers.get('retry-after')]).toEqual([423, 'resource-locked', '1']);
    nextcloud.faults.reset();
    nextcloud.faults.scripted.push({ path: '/locked.txt', method: 'MOVE', status: 500, body, times: 1 });
    expect((await post('move', { from: '/locked.txt', to: '/free.txt' })).status).toBe(200);
  });

  it('is not repeated after a failure that may have come too late', async () => {
    nextcloud.putFile('anna', '/unsure.txt', 'x');
    nextcloud.faults.scripted.push({ path: '/unsure.txt', method: 'MOVE', status: 502, times: 100 });
    nextcloud.clearRequests();
    const answer = await post('move', { from: '/unsure.txt', to: '/sure.txt' });
    expect([answer.status, methods().filter((method) => method === 'MOVE').length]).toEqual([502, 1]);
  });
});

describe('POST /copy', () => {
  it('copies a file and a whole folder; the copies have fileids of their own', async () => {
    nextcloud.makeFolder('anna', '/tree/deep');
    nextcloud.putFile('anna', '/tree/deep/leaf.txt', 'leaf');
    const file = await post('copy', { from: '/tree/deep/leaf.txt', to: '/leaf copy.txt' });
    const folder = await post('copy', { from: '/tree', to: '/tree copy' });
    expect([file.status, folder.status, folder.body['type']]).toEqual([200, 200, 'folder']);
    expect(file.body['fileid']).not.toBe(String(nextcloud.fileId('anna', '/tree/deep/leaf.txt')));
    expect(nextcloud.readFile('anna', '/tree copy/deep/leaf.txt').toString()).toBe('leaf');
    expect(nextcloud.readFile('anna', '/tree/deep/leaf.txt').toString()).toBe('leaf');
  });
});

describe('DELETE', () => {
  it('deletes the version that If-Match names and answers 404 the second time', async () => {
    nextcloud.putFile('anna', '/gone.txt', 'x', { mtime: 1_700_000_000 });
    const stale = await remove('/gone.txt', '"stale"');
    expect([stale.status, stale.body.code, stale.headers['etag']]).toEqual([
      412,
      'etag-mismatch',
      await etagOf('/gone.txt'),
    ]);
    const first = await remove('/gone.txt', await etagOf('/gone.txt'));
    const second = await remove('/gone.txt');
    expect([first.status, first.bytes.length, second.status, second.body.code]).toEqual([
      204,
      0,
      404,
      'file-not-found',
    ]);
  });

  it('wants to know the version: 428 without If-Match, for files and folders', async () => {
    nextcloud.makeFolder('anna', '/kept');
    nextcloud.putFile('anna', '/kept/file.txt', 'x');
    const file = await remove('/kept/file.txt', '');
    const folder = await remove('/kept', '', 'folders');
    expect([file.status, file.body.code, folder.status, folder.body.code]).toEqual([
      428,
      'precondition-required',
      428,
      'precondition-required',
    ]);
    expect(await exists('/kept/file.txt')).toBe(true);
  });

  it('of a folder is said as such: neither route takes the other kind, and nobody deletes the home', async () => {
    nextcloud.makeFolder('anna', '/dir');
    nextcloud.putFile('anna', '/dir/in.txt', 'x');
    const asFile = await remove('/dir');
    const asFolder = await remove('/dir/in.txt', '*', 'folders');
    expect([asFile.status, asFile.body.code, asFolder.status, asFolder.body.code]).toEqual([
      409,
      'not-a-file',
      409,
      'not-a-folder',
    ]);
    for (const path of ['/', '//', '']) expect((await remove(path, '*', 'folders')).status).toBe(422);
    expect((await remove('/dir', '*', 'folders')).status).toBe(204);
    expect(await exists('/dir')).toBe(false);
  });

  it('of a folder spares it when something in it has changed since', async () => {
    nextcloud.makeFolder('anna', '/watched/inner');
    const seen = await etagOf('/watched');
    nextcloud.putFile('anna', '/watched/inner/new.txt', 'new');
    const answer = await remove('/watched', seen, 'folders');
    expect([answer.status, answer.body.code, await exists('/watched/inner/new.txt')]).toEqual([
      412,
      'etag-mismatch',
      true,
    ]);
  });
});

describe('the audit trail', () => {
  it('S57: tells begin and end of every change with the fileid, and never a name', async () => {
    nextcloud.putFile('anna', '/classified.txt', 'x');
    const fileId = String(nextcloud.fileId('anna', '/classified.txt'));
    const headers = { 'x-request-id': 'change-s57' };
    await post('move', { from: '/classified.txt', to: '/classified-2.txt' }, headers);
    await callFile(app, anna, {
      method: 'DELETE',
      path: '/classified-2.txt',
      headers: { ...headers, 'if-match': '*' },
    });
    const rows = (await auditRows(app.database, anna.id, 'file.%')).filter((row) => row.request_id === 'change-s57');
    expect(rows.map(({ action, outcome, target_id }) => [action, outcome, target_id])).toEqual([
      ['file.move.begin', 'success', fileId],
      ['file.move', 'success', fileId],
      ['file.delete.begin', 'success', fileId],
      ['file.delete', 'success', fileId],
    ]);
    expect(JSON.stringify(rows)).not.toContain('classified');
  });

  it('R33: when it cannot be written nothing is changed', async () => {
    nextcloud.putFile('anna', '/safe.txt', 'x');
    await app.database.read((em) => em.execute('alter table audit_head rename to audit_head_away'));
    nextcloud.clearRequests();
    const answers = [await remove('/safe.txt'), await post('folders', { path: '/never' })];
    const moved = await post('move', { from: '/safe.txt', to: '/unsafe.txt' });
    await app.database.read((em) => em.execute('alter table audit_head_away rename to audit_head'));
    expect([...answers, moved].map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(methods().filter((method) => method !== 'PROPFIND')).toEqual([]);
  });
});

describe('a personal access token', () => {
  it('reads with files:read and writes with files:write only', async () => {
    const { database } = app;
    await database.read((em) => em.execute('update sessions set authenticated_at = now()'));
    const make = async (scopes: string[]): Promise<TestUser> => {
      const json = { name: scopes.join(), scopes, expires_in_days: 1 };
      const answer = await call<{ token: string }>(app, 'POST /api/auth/tokens', { token: anna.access_token, json });
      if (answer.status !== 201) throw new Error(answer.text);
      return { ...anna, access_token: answer.body.token };
    };
    nextcloud.putFile('anna', '/scoped.txt', 'x');
    const reader = await make(['files:read']);
    const writer = await make(['files:write']);
    const get = { method: 'GET', path: '/scoped.txt' };
    const del = { method: 'DELETE', path: '/scoped.txt', headers: { 'if-match': '*' } };
    expect((await callFile(app, reader, get)).status).toBe(200);
    expect((await callFile(app, reader, del)).body.code).toBe('insufficient-scope');
    expect((await callFile(app, writer, get)).body.code).toBe('insufficient-scope');
    expect((await callFile(app, writer, del)).status).toBe(204);
  });
});
