// PUT /api/integrations/files/content: conditions, sizes, failures, and what is left behind.
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { auditRows } from '../../support/audit-rows.ts';
import { callFile, openFile, type ByteAnswer } from '../../support/file-calls.ts';
import { createLinkedUser, startSettledNextcloud } from '../../support/indexed-account.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';
import { until } from '../../support/until.ts';
import type { TestUser } from '../../support/api.ts';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';

const MIB = 1024 * 1024;
const NEW = { 'if-none-match': '*' };

let nextcloud: NextcloudDouble;
let app: TestApp;
let anna: TestUser;

beforeAll(async () => {
  nextcloud = await startSettledNextcloud();
  app = await startTestApp({ env: { NEXTCLOUD_URL: nextcloud.url, FILES_MAX_UPLOAD_MB: '64' } });
  anna = await createLinkedUser(app, nextcloud, 'anna');
  nextcloud.makeFolder('anna', '/docs');
});
afterAll(async () => {
  await app.close();
  await nextcloud.stop();
});

interface PutOptions {
  readonly headers?: Record<string, string>;
  readonly user?: TestUser;
}

function put(
  path: string,
  body: Buffer | string | Readable,
  { headers = NEW, user = anna }: PutOptions = {},
): Promise<ByteAnswer> {
  return callFile(app, user, { method: 'PUT', path, body, headers });
}

const stored = (path: string): string => nextcloud.readFile('anna', path).toString();
const methods = (): string[] => nextcloud.requests.map(({ method }) => method);

describe('PUT /api/integrations/files/content', () => {
  it('F8: writes a new file and says its fileid, entity tag and size', async () => {
    const answer = await put('/docs/new.txt', 'hello');
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      path: '/docs/new.txt',
      fileid: String(nextcloud.fileId('anna', '/docs/new.txt')),
      etag: answer.headers['etag'],
      size: 5,
    });
    expect(stored('/docs/new.txt')).toBe('hello');
  });

  it('replaces exactly the version that If-Match names, and says the current one to everybody else', async () => {
    nextcloud.putFile('anna', '/docs/version.txt', 'one', { mtime: 1_700_000_000 });
    const head = await callFile(app, anna, { method: 'HEAD', path: '/docs/version.txt' });
    const first = String(head.headers['etag']);
    const second = await put('/docs/version.txt', 'two', { headers: { 'if-match': first } });
    expect([second.status, stored('/docs/version.txt')]).toEqual([200, 'two']);
    const late = await put('/docs/version.txt', 'three', { headers: { 'if-match': first } });
    expect([late.status, late.body.code, late.headers['etag']]).toEqual([412, 'etag-mismatch', second.headers['etag']]);
    const weak = await put('/docs/version.txt', 'x', {
      headers: { 'if-match': `W/${String(second.headers['etag'])}` },
    });
    expect([weak.status, stored('/docs/version.txt')]).toEqual([412, 'two']);
    const any = await put('/docs/version.txt', 'three', { headers: { 'if-match': '*' } });
    expect([any.status, stored('/docs/version.txt')]).toEqual([200, 'three']);
  });

  it('refuses to create what is there, and to replace what is not', async () => {
    nextcloud.putFile('anna', '/docs/there.txt', 'mine');
    const there = await put('/docs/there.txt', 'other');
    expect([there.status, there.body.code, stored('/docs/there.txt')]).toEqual([412, 'etag-mismatch', 'mine']);
    const missing = await put('/docs/missing.txt', 'other', { headers: { 'if-match': '*' } });
    expect([missing.status, missing.body.code]).toEqual([412, 'etag-mismatch']);
  });

  it('asks for a condition: 428 without one, 422 for one that is none', async () => {
    const none = await put('/docs/free.txt', 'x', { headers: {} });
    expect([none.status, none.body.code]).toEqual([428, 'precondition-required']);
    for (const headers of [
      { 'if-match': 'abc' },
      { 'if-none-match': '"abc"' },
      { 'if-match': '*', 'if-none-match': '*' },
    ]) {
      const answer = await put('/docs/free.txt', 'x', { headers });
      expect([answer.status, answer.body.code]).toEqual([422, 'validation-failed']);
    }
  });

  it.each([
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    ';;;',
    '',
  ])('takes the body as it is when it is said to be "%s"', async (type) => {
    const path = `/docs/typed-${randomBytes(4).toString('hex')}`;
    const headers = { ...NEW, ...(type !== '' && { 'content-type': type }) };
    const answer = await put(path, '{"broken": ', { headers });
    expect([answer.status, stored(path)]).toEqual([201, '{"broken": ']);
  });

  it('takes an empty file', async () => {
    const answer = await put('/docs/empty.txt', '');
    expect([answer.status, answer.body['size'], stored('/docs/empty.txt')]).toEqual([201, 0, '']);
  });

  it.each([
    ['a known length', true, 12 * MIB + 3],
    ['an unknown length', false, 12 * MIB + 3],
    ['an unknown length that is a whole number of chunks', false, 10 * MIB],
    ['several chunks of a known length', true, 33 * MIB + 1],
  ])('sends a large file of %s in chunks and joins them at the end', async (_, isKnown, size) => {
    const content = randomBytes(size);
    const path = `/docs/large-${randomBytes(4).toString('hex')}.bin`;
    nextcloud.clearRequests();
    const headers = { ...NEW, ...(isKnown && { 'content-length': String(size) }) };
    const answer = await put(path, Readable.from(slices(content)), { headers });
    expect([answer.status, answer.body['size']]).toEqual([201, size]);
    expect(nextcloud.readFile('anna', path).equals(content)).toBe(true);
    const chunks = nextcloud.requests.filter(({ path: sent }) => /uploads\/anna\/[^/]+\/\d{5}$/.test(sent));
    expect(chunks.length).toBe(Math.ceil(size / (isKnown ? 16 * MIB : 5 * MIB)));
    expect(chunks.every(({ headers: sent }) => Number(sent['content-length']) > 0)).toBe(true);
    expect(methods().at(-1)).toBe('MOVE');
    expect(nextcloud.openUploads).toBe(0);
  });

  it('sends what is small in one request although its length is not announced', async () => {
    nextcloud.clearRequests();
    const answer = await put('/docs/streamed.txt', Readable.from(['abc', 'def']));
    expect([answer.status, stored('/docs/streamed.txt')]).toEqual([201, 'abcdef']);
    expect(methods()).toEqual(['PROPFIND', 'PUT']);
    expect(nextcloud.requests[1]?.headers['content-length']).toBe('6');
  });

  it('replaces a large file only while it is the version that was named, whatever happened meanwhile', async () => {
    nextcloud.putFile('anna', '/docs/contested.bin', 'before', { mtime: 1_700_000_000 });
    const gate = Promise.withResolvers<null>();
    const content = randomBytes(6 * MIB);
    const body = Readable.from(
      (async function* () {
        yield content.subarray(0, 5 * MIB + 1);
        await gate.promise;
        yield content.subarray(5 * MIB + 1);
      })(),
    );
    const upload = put('/docs/contested.bin', body, { headers: { 'if-match': '*' } });
    await until(() => Promise.resolve(nextcloud.openUploads === 1));
    nextcloud.putFile('anna', '/docs/contested.bin', 'by somebody else');
    gate.resolve(null);
    const answer = await upload;
    expect([answer.status, answer.body.code, stored('/docs/contested.bin')]).toEqual([
      412,
      'etag-mismatch',
      'by somebody else',
    ]);
    expect(nextcloud.openUploads).toBe(0);
  });

  it('of two writers of one version at once lets exactly one win', async () => {
    nextcloud.putFile('anna', '/docs/race.txt', 'start', { mtime: 1_700_000_000 });
    const head = await callFile(app, anna, { method: 'HEAD', path: '/docs/race.txt' });
    const headers = { 'if-match': String(head.headers['etag']) };
    const answers = await Promise.all(['one', 'two', 'six'].map((text) => put('/docs/race.txt', text, { headers })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
  });
});

describe('an upload that cannot be', () => {
  it.each([
    ['/nowhere/new.txt', 409, 'parent-not-found'],
    ['/docs/leaf.txt/new.txt', 409, 'parent-not-found'],
    ['/docs', 409, 'not-a-file'],
    ['/', 409, 'not-a-file'],
  ])('at %s is refused, small and large', async (path, status, code) => {
    nextcloud.putFile('anna', '/docs/leaf.txt', 'leaf');
    for (const size of [3, 6 * MIB]) {
      const answer = await put(path, Buffer.alloc(size));
      expect([answer.status, answer.body.code]).toEqual([status, code]);
    }
    expect(nextcloud.openUploads).toBe(0);
  });

  it('is refused when it is larger than FILES_MAX_UPLOAD_MB, announced or not, and leaves nothing', async () => {
    nextcloud.clearRequests();
    const announced = await put('/docs/huge.bin', Readable.from(slices(Buffer.alloc(2 * MIB))), {
      headers: { ...NEW, 'content-length': String(65 * MIB) },
    }).catch(() => null);
    if (announced !== null) expect([announced.status, announced.body.code]).toEqual([413, 'file-too-large']);
    expect(nextcloud.requests).toEqual([]);
    const unannounced = await put('/docs/huge.bin', Readable.from(endless(65)));
    expect([unannounced.status, unannounced.body.code]).toEqual([413, 'file-too-large']);
    expect(nextcloud.openUploads).toBe(0);
  });

  it('over quota is 507: a large one before its content is sent', async () => {
    const ben = await createLinkedUser(app, nextcloud, 'ben');
    nextcloud.setQuota('ben', 1000);
    const small = await put('/a.bin', Buffer.alloc(2000), { user: ben });
    expect([small.status, small.body.code]).toEqual([507, 'storage-full']);
    nextcloud.clearRequests();
    const large = await put('/b.bin', Buffer.alloc(6 * MIB), { user: ben });
    expect([large.status, large.body.code]).toEqual([507, 'storage-full']);
    expect(methods()).not.toContain('MKCOL');
    nextcloud.clearRequests();
    const unknown = await put('/c.bin', Readable.from(slices(Buffer.alloc(6 * MIB))), { user: ben });
    expect([unknown.status, unknown.body.code, nextcloud.openUploads]).toEqual([507, 'storage-full', 0]);
  });

  it('of a file that stays locked is 423 with Retry-After, after some tries; of one that gets free it succeeds', async () => {
    const locked = { path: '/docs/locked.txt', method: 'PUT', status: 423, body: lockedBody() };
    nextcloud.faults.scripted.push({ ...locked, times: 100 });
    nextcloud.clearRequests();
    const answer = await put('/docs/locked.txt', 'x');
    expect([answer.status, answer.body.code, answer.headers['retry-after']]).toEqual([423, 'resource-locked', '1']);
    expect(methods().filter((method) => method === 'PUT').length).toBe(6);
    nextcloud.faults.reset();
    nextcloud.faults.scripted.push({ ...locked, times: 2 });
    expect((await put('/docs/locked.txt', 'x')).status).toBe(201);
    nextcloud.faults.scripted.push({ path: '/.file', method: 'MOVE', status: 500, body: lockedBody(), times: 2 });
    expect((await put('/docs/joined.bin', Buffer.alloc(6 * MIB))).status).toBe(201);
    nextcloud.faults.reset();
  });

  it('is never sent twice after a failure whose outcome is unknown', async () => {
    nextcloud.faults.scripted.push({ path: '/docs/once.txt', method: 'PUT', status: 503, times: 100 });
    nextcloud.clearRequests();
    const answer = await put('/docs/once.txt', 'x');
    expect([answer.status, answer.body.code]).toEqual([502, 'upstream-unavailable']);
    expect(methods().filter((method) => method === 'PUT').length).toBe(1);
    nextcloud.faults.reset();
  });

  it.each([1, 2])('with a failing chunk %s gives the upload up in Nextcloud too', async (number) => {
    nextcloud.faults.scripted.push({
      path: `/0000${number}`,
      method: 'PUT',
      status: 507,
      body: sabre('InsufficientStorage'),
    });
    const answer = await put('/docs/failing.bin', Buffer.alloc(20 * MIB));
    expect([answer.status, answer.body.code, nextcloud.openUploads]).toEqual([507, 'storage-full', 0]);
    nextcloud.faults.reset();
  });

  it('S34: goes nowhere without a linked account', async () => {
    const { createUser } = await import('../../support/api.ts');
    const nobody = await createUser(app);
    nextcloud.clearRequests();
    const answer = await put('/docs/x.txt', 'x', { user: nobody });
    expect([answer.status, answer.body.code, nextcloud.requests.length]).toEqual([409, 'account-not-linked', 0]);
  });
});

describe('a client that leaves in the middle of an upload', () => {
  it.each([
    ['small', 100],
    ['large', 20 * MIB],
  ])('of a %s file leaves what was there before, and no unfinished upload', async (_, size) => {
    const path = `/docs/left-${size}.bin`;
    nextcloud.putFile('anna', path, 'before', { mtime: 1_700_000_000 });
    const ended = await auditRows(app.database, anna.id, 'file.upload');
    const begun = await auditRows(app.database, anna.id, 'file.upload.begin');
    const source = Readable.from(
      (async function* () {
        yield Buffer.alloc(size / 2);
        await until(async () => (await auditRows(app.database, anna.id, 'file.upload.begin')).length > begun.length);
        throw new Error('gone');
      })(),
    );
    const headers = { 'if-match': '*', 'content-length': String(size) };
    await expect(openFile(app, anna, { method: 'PUT', path, body: source, headers })).rejects.toThrow();
    await until(async () => (await auditRows(app.database, anna.id, 'file.upload')).length > ended.length);
    const [row] = (await auditRows(app.database, anna.id, 'file.upload')).slice(-1);
    expect([row?.outcome, row?.details['code']]).toEqual(['failure', 'aborted']);
    expect([stored(path), nextcloud.openUploads]).toEqual(['before', 0]);
  });
});

describe('the audit trail of an upload', () => {
  it('S57: has its begin and its end with the fileid, the size and the request, and no name', async () => {
    const headers = { ...NEW, 'x-request-id': 'upload-s57' };
    await put('/docs/secret-name.txt', 'twelve bytes', { headers });
    const rows = (await auditRows(app.database, anna.id, 'file.upload%')).filter(
      (row) => row.request_id === 'upload-s57',
    );
    expect(rows.map(({ action, outcome }) => [action, outcome])).toEqual([
      ['file.upload.begin', 'success'],
      ['file.upload', 'success'],
    ]);
    expect(rows[1]).toMatchObject({
      target_id: String(nextcloud.fileId('anna', '/docs/secret-name.txt')),
      details: { bytes: 12 },
    });
    expect(JSON.stringify(rows)).not.toContain('secret-name');
  });

  it('R33: is written before anything happens; without it nothing does', async () => {
    await app.database.read((em) => em.execute('alter table audit_head rename to audit_head_away'));
    nextcloud.clearRequests();
    const answer = await put('/docs/unrecorded.txt', 'x');
    await app.database.read((em) => em.execute('alter table audit_head_away rename to audit_head'));
    expect([answer.status, answer.body.code]).toEqual([503, 'audit-unavailable']);
    expect(methods()).not.toContain('PUT');
  });
});

function* slices(content: Buffer): Iterable<Buffer> {
  for (let at = 0; at < content.length; at += 100_000) yield content.subarray(at, at + 100_000);
}

function* endless(mebibytes: number): Iterable<Buffer> {
  for (let sent = 0; sent < mebibytes; sent += 1) yield Buffer.alloc(MIB);
}

function sabre(exception: string): string {
  return `<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"><s:exception>Sabre\\DAV\\Exception\\${exception}</s:exception><s:message/></d:error>`;
}

function lockedBody(): string {
  return '<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"><s:exception>OCP\\Lock\\LockedException</s:exception><s:message/></d:error>';
}
