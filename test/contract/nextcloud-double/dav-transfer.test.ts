// GET and PUT: headers, conditions, ranges, compression, names that are refused, quota, and locks that live as long as a transfer.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gunzipSync } from 'node:zlib';
import { exceptionOf, PROPFIND_BODY } from './multistatus.ts';
import { IS_REAL, NextcloudUnderTest } from './nextcloud-under-test.ts';
import type { TestUser } from './nextcloud-under-test.ts';
import { answerOf, bearer, open, send } from './raw-http.ts';

const MEGABYTE = 1024 * 1024;
let nextcloud: NextcloudUnderTest;
let anna: TestUser;
let etag: string;

beforeAll(async () => {
  nextcloud = await NextcloudUnderTest.start();
  anna = await nextcloud.createUser();
  const put = await nextcloud.put(anna, '/digits.txt', '0123456789', {
    'X-OC-MTime': '1700000000',
    'OC-Checksum': 'SHA1:0000',
  });
  etag = put.headers.etag ?? '';
});

afterAll(async () => nextcloud.stop());

const get = (headers: Record<string, string> = {}, path = '/digits.txt') => nextcloud.dav(anna, path, { headers });

describe('GET', () => {
  it('sends the file with ETag, time, the claimed checksum and the name as an attachment', async () => {
    const answer = await get();
    expect([answer.status, answer.text]).toEqual([200, '0123456789']);
    expect(answer.headers).toMatchObject({
      etag,
      'oc-etag': etag,
      'last-modified': 'Tue, 14 Nov 2023 22:13:20 GMT',
      'content-type': 'text/plain;charset=UTF-8',
      'content-length': '10',
      'content-disposition': `attachment; filename*=UTF-8''digits.txt; filename="digits.txt"`,
      'oc-checksum': 'SHA1:0000',
    });
  });

  it.each([
    ['html', 'text/plain;charset=UTF-8'],
    ['svg', 'text/plain;charset=UTF-8'],
    ['json', 'text/plain;charset=UTF-8'],
    ['md', 'text/markdown;charset=UTF-8'],
    ['pdf', 'application/pdf'],
  ])('serves .%s as %s', async (extension, type) => {
    await nextcloud.put(anna, `/typed.${extension}`, 'x');
    expect((await get({}, `/typed.${extension}`)).headers['content-type']).toBe(type);
  });

  it('answers a folder and the DAV root 200 with a notice that is no content: no ETag, text/html', async () => {
    await nextcloud.makeFolder(anna, '/folder');
    for (const url of [nextcloud.davUrl(anna, '/folder'), `${nextcloud.url}/remote.php/dav`]) {
      const answer = await send(url, { headers: bearer(anna.appPassword) });
      expect(answer.status).toBe(200);
      expect(answer.text).toMatch(/^This is the WebDAV interface/);
      expect(answer.headers['content-type']).toBe('text/html; charset=UTF-8');
      expect(answer.headers.etag).toBeUndefined();
    }
  });

  it('answers HEAD with the same headers and no body', async () => {
    const answer = await nextcloud.dav(anna, '/digits.txt', { method: 'HEAD' });
    expect([answer.status, answer.headers.etag, answer.headers['content-length'], answer.text]).toEqual([
      200,
      etag,
      '10',
      '',
    ]);
  });

  it('answers an encoded slash in a name 404 before the application sees it', async () => {
    expect((await get({}, '/folder%2Fx.txt')).status).toBe(404);
  });
});

describe('compression', () => {
  it('marks the ETag of a compressed download with -gzip, which then matches nothing; OC-ETag stays clean', async () => {
    const text = 'a line of text\n'.repeat(5000);
    const put = await nextcloud.put(anna, '/long.txt', text);
    const answer = await get({ 'Accept-Encoding': 'gzip' }, '/long.txt');
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(answer.bytes).toString()).toBe(text);
    expect(answer.headers.etag).toBe(put.headers.etag?.replace(/"$/, '-gzip"'));
    expect(answer.headers['oc-etag']).toBe(put.headers.etag);
    expect((await get({ 'If-None-Match': answer.headers.etag ?? '' }, '/long.txt')).status).toBe(200);
    expect((await get({ 'If-Match': answer.headers.etag ?? '' }, '/long.txt')).status).toBe(412);
  });

  it('does not touch PDF downloads', async () => {
    await nextcloud.put(anna, '/long.pdf', 'a line of text\n'.repeat(5000));
    const answer = await get({ 'Accept-Encoding': 'gzip' }, '/long.pdf');
    expect(answer.headers['content-encoding']).toBeUndefined();
  });

  it('shrinks a listing when asked', async () => {
    const answer = await nextcloud.dav(anna, '/', {
      method: 'PROPFIND',
      headers: { 'Accept-Encoding': 'gzip' },
      body: PROPFIND_BODY,
    });
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(answer.bytes).toString()).toContain('</d:multistatus>');
  });
});

describe('conditional requests', () => {
  it('answers 304 to a matching If-None-Match and 200 to a weak one', async () => {
    expect((await get({ 'If-None-Match': etag })).status).toBe(304);
    expect((await get({ 'If-None-Match': `W/${etag}` })).status).toBe(200);
  });

  it('answers 412 to a stale If-Match, with the current ETag in the head', async () => {
    const answer = await get({ 'If-Match': '"stale"' });
    expect([answer.status, answer.headers.etag]).toEqual([412, etag]);
    expect(answer.text).toContain('<s:header>If-Match</s:header>');
  });

  it("answers 412 to a folder's own ETag in If-Match", async () => {
    const listed = await nextcloud.dav(anna, '/folder', { method: 'PROPFIND', headers: { Depth: '0' } });
    const own = /getetag>&quot;([^&]+)&quot;/.exec(listed.text)?.[1] ?? '';
    expect((await get({ 'If-Match': `"${own}"` }, '/folder')).status).toBe(412);
  });

  it('answers 412 instead of 404 to any If-Match on a missing file', async () => {
    expect((await get({ 'If-Match': '"x"' }, '/missing.txt')).status).toBe(412);
  });

  it('protects PUT: If-None-Match * on an existing and If-Match on a changed file answer 412', async () => {
    const put = (headers: Record<string, string>) =>
      nextcloud.dav(anna, '/digits.txt', { method: 'PUT', body: 'x', headers });
    expect((await put({ 'If-None-Match': '*' })).status).toBe(412);
    expect((await put({ 'If-Match': '"stale"' })).status).toBe(412);
    expect((await get()).text).toBe('0123456789');
  });
});

describe('ranges', () => {
  it.each([
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=8-', '89', 'bytes 8-9/10'],
    ['bytes=8-99', '89', 'bytes 8-9/10'],
  ])('answers %s with 206', async (range, text, contentRange) => {
    const answer = await get({ Range: range });
    expect([answer.status, answer.text, answer.headers['content-range']]).toEqual([206, text, contentRange]);
  });

  it('takes an end of 0 for no end: bytes=0-0 is the whole file', async () => {
    const answer = await get({ Range: 'bytes=0-0' });
    expect([answer.status, answer.headers['content-range'], answer.text]).toEqual([206, 'bytes 0-9/10', '0123456789']);
  });

  it('answers 416 beyond the end', async () => {
    const answer = await get({ Range: 'bytes=10-' });
    expect([answer.status, exceptionOf(answer).exception]).toEqual([
      416,
      'Sabre\\DAV\\Exception\\RequestedRangeNotSatisfiable',
    ]);
  });

  it('answers several ranges as multipart', async () => {
    const answer = await get({ Range: 'bytes=0-1,5-6' });
    expect(answer.status).toBe(206);
    expect(answer.headers['content-type']).toMatch(/^multipart\/byteranges; boundary=/);
    expect(answer.text).toContain('bytes 5-6/10');
  });
});

describe('PUT', () => {
  it('creates with 201 and overwrites with 204, naming fileid and ETag', async () => {
    const created = await nextcloud.put(anna, '/new.txt', 'a');
    const replaced = await nextcloud.put(anna, '/new.txt', 'b');
    expect([created.status, replaced.status]).toEqual([201, 204]);
    expect(created.headers['oc-fileid']).toMatch(/^\d{8}oc/);
    expect(replaced.headers['oc-fileid']).toBe(created.headers['oc-fileid']);
  });

  it('takes a body of unannounced length', async () => {
    const outgoing = open(nextcloud.davUrl(anna, '/chunked.txt'), { method: 'PUT', headers: bearer(anna.appPassword) });
    outgoing.write('first ');
    outgoing.end('second');
    const incoming = await answerOf(outgoing);
    incoming.resume();
    expect(incoming.statusCode).toBe(201);
    expect((await get({}, '/chunked.txt')).text).toBe('first second');
  });

  it('answers 500 to an unusable X-OC-MTime although the content is stored', async () => {
    const headers = { 'X-OC-MTime': 'yesterday' };
    const answer = await nextcloud.dav(anna, '/dated.txt', { method: 'PUT', body: 'stored', headers });
    expect([answer.status, exceptionOf(answer).exception]).toEqual([500, 'InvalidArgumentException']);
    expect((await get({}, '/dated.txt')).text).toBe('stored');
  });

  it('answers 404 when the parent is missing and 409 on a folder', async () => {
    const put = (path: string) => nextcloud.dav(anna, path, { method: 'PUT', body: 'x' });
    expect((await put('/no/such/file.txt')).status).toBe(404);
    expect((await put('/folder')).status).toBe(409);
  });

  it.each([
    ['a backslash', 'a%5Cb.txt', 400],
    ['a line feed', 'a%0Ab.txt', 400],
    ['.htaccess', '.htaccess', 403],
    ['more than 250 bytes', 'a'.repeat(251), 400],
    ['240 bytes, too long for the temporary name of an upload', 'a'.repeat(240), 500],
    ['226 bytes', 'a'.repeat(226), 201],
  ])('meets a name with %s as it should', async (_, name, status) => {
    expect((await nextcloud.dav(anna, `/${name}`, { method: 'PUT', body: 'x' })).status).toBe(status);
  });

  it('refuses `..` however it is written into the path', async () => {
    const url = `${nextcloud.davUrl(anna, '')}/folder/%2e%2e/x.txt`;
    const answer = await send(url, { method: 'PUT', body: 'x', headers: bearer(anna.appPassword) });
    expect([answer.status, exceptionOf(answer).exception]).toEqual([
      400,
      'OCA\\DAV\\Connector\\Sabre\\Exception\\InvalidPath',
    ]);
  });

  it('answers 507 when the announced length exceeds the quota', async () => {
    const carl = await nextcloud.createUser();
    await nextcloud.admin('PUT', `/users/${carl.uid}`, { key: 'quota', value: '4096' });
    const answer = await nextcloud.dav(carl, '/big.bin', { method: 'PUT', body: Buffer.alloc(10_000) });
    expect([answer.status, exceptionOf(answer).exception]).toEqual([507, 'Sabre\\DAV\\Exception\\InsufficientStorage']);
  });
});

describe('locks', () => {
  it('answers 423 to PUT and DELETE and 500 to MOVE while somebody still downloads the file', async () => {
    await nextcloud.put(anna, '/slow.bin', Buffer.alloc(48 * MEGABYTE, 7));
    const reading = open(nextcloud.davUrl(anna, '/slow.bin'), { headers: bearer(anna.appPassword) });
    reading.end();
    const incoming = await answerOf(reading);
    const put = await nextcloud.dav(anna, '/slow.bin', { method: 'PUT', body: 'x' });
    const removed = await nextcloud.dav(anna, '/slow.bin', { method: 'DELETE' });
    const headers = { Destination: nextcloud.davUrl(anna, '/elsewhere.bin') };
    const moved = await nextcloud.dav(anna, '/slow.bin', { method: 'MOVE', headers });
    const second = await send(nextcloud.davUrl(anna, '/slow.bin'), {
      headers: { Range: 'bytes=0-1', ...bearer(anna.appPassword) },
    });
    incoming.destroy();
    expect([put.status, exceptionOf(put).exception]).toEqual([
      423,
      'OCA\\DAV\\Connector\\Sabre\\Exception\\FileLocked',
    ]);
    expect(removed.status).toBe(423);
    expect([moved.status, exceptionOf(moved).exception]).toEqual([500, 'OCP\\Lock\\LockedException']);
    expect(second.status).toBe(206);
  });

  it('answers 423 to GET, PUT and DELETE while somebody overwrites the file', async () => {
    await nextcloud.put(anna, '/busy.bin', 'old');
    const headers = { 'Content-Length': '10', ...bearer(anna.appPassword) };
    const writing = open(nextcloud.davUrl(anna, '/busy.bin'), { method: 'PUT', headers });
    if (!IS_REAL) nextcloud.double.clearRequests();
    writing.write('01234');
    // A real server tells nobody that it has begun to write.
    if (IS_REAL) await new Promise((resolve) => setTimeout(resolve, 1500));
    else while (!nextcloud.double.requests[0]?.requestBytes) await new Promise((turn) => setImmediate(turn));
    const statuses = [];
    for (const request of [{}, { method: 'PUT', body: 'x' }, { method: 'DELETE' }]) {
      statuses.push((await nextcloud.dav(anna, '/busy.bin', request)).status);
    }
    writing.end('56789');
    const incoming = await answerOf(writing);
    incoming.resume();
    expect(statuses).toEqual([423, 423, 423]);
    expect(incoming.statusCode).toBe(204);
    expect((await get({}, '/busy.bin')).text).toBe('0123456789');
  });

  it('lets at most one of many writers through that overwrite one file at once', async () => {
    await nextcloud.put(anna, '/contended.txt', 'old');
    const headers = { 'Content-Length': '100000', ...bearer(anna.appPassword) };
    if (!IS_REAL) nextcloud.double.clearRequests();
    const writers = Array.from({ length: 8 }, () => {
      const writing = open(nextcloud.davUrl(anna, '/contended.txt'), { method: 'PUT', headers });
      writing.write(Buffer.alloc(50_000, 1));
      return { writing, answered: answerOf(writing) };
    });
    // Nobody ends before everybody has begun.
    while (!IS_REAL && nextcloud.double.requests.length < 8) await new Promise((turn) => setImmediate(turn));
    const finish = async ({ writing, answered }: (typeof writers)[number]): Promise<number | undefined> => {
      writing.end(Buffer.alloc(50_000, 1));
      const incoming = await answered;
      incoming.resume();
      return incoming.statusCode;
    };
    const statuses = await Promise.all(writers.map(finish));
    expect(statuses.filter((it) => it !== 204 && it !== 423)).toEqual([]);
    expect(statuses).toContain(423);
    await nextcloud.put(anna, '/contended.txt', 'new');
  });

  it('knows no LOCK method: 501', async () => {
    expect((await nextcloud.dav(anna, '/digits.txt', { method: 'LOCK' })).status).toBe(501);
  });
});
