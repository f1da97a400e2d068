// GET and HEAD /api/integrations/files/content: ranges, conditions, header fields, and what a download leaves behind.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { createUser, type TestUser } from '../../support/api.ts';
import { auditRows } from '../../support/audit-rows.ts';
import { callFile, openFile, type ByteAnswer } from '../../support/file-calls.ts';
import { createLinkedUser, startSettledNextcloud } from '../../support/indexed-account.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';
import { until } from '../../support/until.ts';

const DIGITS = '0123456789';
const MIB = 1024 * 1024;

let nextcloud: NextcloudDouble;
let app: TestApp;
let anna: TestUser;
let etag: string;

beforeAll(async () => {
  nextcloud = await startSettledNextcloud();
  app = await startTestApp({ env: { NEXTCLOUD_URL: nextcloud.url } });
  anna = await createLinkedUser(app, nextcloud, 'anna');
  nextcloud.makeFolder('anna', '/docs');
  nextcloud.putFile('anna', '/docs/digits.txt', DIGITS, { mtime: 1_700_000_000 });
  nextcloud.putFile('anna', '/docs/empty.txt', '');
  etag = String((await get()).headers['etag']);
});
afterAll(async () => {
  await app.close();
  await nextcloud.stop();
});

function get(headers: Record<string, string> = {}, path = '/docs/digits.txt', user = anna): Promise<ByteAnswer> {
  return callFile(app, user, { method: 'GET', path, headers });
}

describe('GET /api/integrations/files/content', () => {
  it('F8: sends the file as an attachment with its entity tag, length, time and type', async () => {
    const answer = await get();
    expect([answer.status, answer.bytes.toString()]).toEqual([200, DIGITS]);
    expect(answer.headers).toMatchObject({
      etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
      'content-length': '10',
      'content-type': 'text/plain;charset=UTF-8',
      'last-modified': 'Tue, 14 Nov 2023 22:13:20 GMT',
      'accept-ranges': 'bytes',
      'content-disposition': `attachment; filename="digits.txt"; filename*=UTF-8''digits.txt`,
    });
  });

  it('sends an empty file', async () => {
    const answer = await get({}, '/docs/empty.txt');
    expect([answer.status, answer.headers['content-length'], answer.bytes.length]).toEqual([200, '0', 0]);
  });

  it('X-idx2: only reads: nothing is ever written to Nextcloud by a download', async () => {
    nextcloud.clearRequests();
    await get();
    expect(nextcloud.requests.map(({ method }) => method)).toEqual(['PROPFIND', 'GET']);
  });

  it.each([
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=8-', '89', 'bytes 8-9/10'],
    ['bytes=8-99', '89', 'bytes 8-9/10'],
    ['bytes=-99', DIGITS, 'bytes 0-9/10'],
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=9-9', '9', 'bytes 9-9/10'],
  ])('answers the range %s with exactly these bytes', async (range, text, contentRange) => {
    const answer = await get({ range });
    expect([answer.status, answer.bytes.toString(), answer.headers['content-range']]).toEqual([
      206,
      text,
      contentRange,
    ]);
    expect(answer.headers['content-length']).toBe(String(text.length));
  });

  it.each(['bytes=10-', 'bytes=-0', 'bytes=99-100'])(
    'answers %s, which lies beyond the end, with 416 and the size',
    async (range) => {
      const answer = await get({ range });
      expect([answer.status, answer.body.code, answer.headers['content-range']]).toEqual([
        416,
        'range-not-satisfiable',
        'bytes */10',
      ]);
      expect((await get({ range }, '/docs/empty.txt')).status).toBe(416);
    },
  );

  it.each(['bytes=0-1,5-6', 'lines=1-2', 'bytes=5-2', 'bytes=a-b', 'bytes=', 'bytes=-'])(
    'answers %s, which it need not understand, with the whole file',
    async (range) => {
      const answer = await get({ range });
      expect([answer.status, answer.bytes.toString(), answer.headers['content-range']]).toEqual([
        200,
        DIGITS,
        undefined,
      ]);
    },
  );

  it('sends a range of the version that If-Range names, and of any other the whole file', async () => {
    const answers = await Promise.all(
      [etag, '"other"', `W/${etag}`, 'Tue, 14 Nov 2023 22:13:20 GMT'].map((ifRange) =>
        get({ range: 'bytes=2-4', 'if-range': ifRange }),
      ),
    );
    expect(answers.map(({ status, bytes }) => [status, bytes.toString()])).toEqual([
      [206, '234'],
      [200, DIGITS],
      [200, DIGITS],
      [200, DIGITS],
    ]);
    expect((await get({ range: 'bytes=50-', 'if-range': '"other"' })).status).toBe(200);
  });

  it.each(['"x", %', 'W/%', '*', '%'])('answers 304 to If-None-Match: %s (with the entity tag)', async (template) => {
    const answer = await get({ 'if-none-match': template.replace('%', etag) });
    expect([answer.status, answer.bytes.length]).toEqual([304, 0]);
  });

  it('answers 200 to another If-None-Match, 412 to another or a weak If-Match, with the current entity tag', async () => {
    expect((await get({ 'if-none-match': '"x"' })).status).toBe(200);
    expect((await get({ 'if-match': `"x", ${etag}` })).status).toBe(200);
    for (const ifMatch of ['"x"', `W/${etag}`]) {
      const answer = await get({ 'if-match': ifMatch });
      expect([answer.status, answer.body.code, answer.headers['etag']]).toEqual([412, 'etag-mismatch', etag]);
    }
    expect((await get({ 'if-match': 'nonsense' })).status).toBe(422);
  });

  it('answers a folder with 409 not-a-file and nothing with 404', async () => {
    const folder = await get({}, '/docs');
    const nothing = await get({}, '/docs/nothing.txt');
    expect([folder.status, folder.body.code]).toEqual([409, 'not-a-file']);
    expect([nothing.status, nothing.body.code]).toEqual([404, 'file-not-found']);
    expect((await callFile(app, anna, { method: 'HEAD', path: '/docs' })).status).toBe(409);
  });

  it('sends a large file whole', async () => {
    const size = 9 * MIB + 7;
    nextcloud.putGeneratedFile('anna', '/docs/large.bin', size);
    const answer = await get({}, '/docs/large.bin');
    expect([answer.status, answer.bytes.length, answer.headers['content-length']]).toEqual([200, size, String(size)]);
    const part = await get({ range: `bytes=${4 * MIB}-${4 * MIB + 99}` }, '/docs/large.bin');
    expect(part.bytes.equals(answer.bytes.subarray(4 * MIB, 4 * MIB + 100))).toBe(true);
  });

  it('cuts the connection when Nextcloud breaks off, so that nobody takes a part for the whole', async () => {
    nextcloud.putGeneratedFile('anna', '/docs/broken.bin', 9 * MIB);
    nextcloud.faults.truncateBodyAfterBytes = 4 * MIB;
    await expect(get({}, '/docs/broken.bin')).rejects.toThrow();
    nextcloud.faults.reset();
    await until(async () => (await lastEnd('file.download')).includes('upstream'));
  });

  it('waits for a file that is being written, and says 423 when that does not end', async () => {
    const locked = { path: '/docs/digits.txt', method: 'GET', status: 423, body: lockedBody() };
    nextcloud.faults.scripted.push({ ...locked, times: 2 });
    expect((await get()).status).toBe(200);
    nextcloud.faults.scripted.push({ ...locked, times: 100 });
    const answer = await get();
    expect([answer.status, answer.body.code, answer.headers['retry-after']]).toEqual([423, 'resource-locked', '1']);
    nextcloud.faults.reset();
  });

  it('says which upstream trouble it was: a page of a proxy is no file', async () => {
    nextcloud.faults.showsHtmlLogin = true;
    const page = await get();
    nextcloud.faults.reset();
    nextcloud.faults.isInMaintenance = true;
    const maintenance = await get();
    nextcloud.faults.reset();
    expect([page.status, page.body.code]).toEqual([502, 'upstream-misconfigured']);
    expect([maintenance.status, maintenance.body.code]).toEqual([503, 'upstream-maintenance']);
  });
});

describe('HEAD /api/integrations/files/content', () => {
  it('says what GET would say, and starts no download', async () => {
    nextcloud.clearRequests();
    const answer = await callFile(app, anna, { method: 'HEAD', path: '/docs/digits.txt' });
    expect([answer.status, answer.bytes.length]).toEqual([200, 0]);
    expect(answer.headers).toMatchObject({ etag, 'content-length': '10', 'accept-ranges': 'bytes' });
    expect(nextcloud.requests.map(({ method }) => method)).toEqual(['PROPFIND']);
    const conditional = { method: 'HEAD', path: '/docs/digits.txt' };
    expect((await callFile(app, anna, { ...conditional, headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await callFile(app, anna, { ...conditional, headers: { 'if-match': '"x"' } })).status).toBe(412);
  });
});

describe('S50: a download', () => {
  it.each([
    ['quote " and ; semicolon.html', 'quote _ and _ semicolon.html'],
    ['über 😀.txt', 'uber _.txt'],
    ["percent %22 'single' (round) *.txt", "percent _22 'single' (round) *.txt"],
    ['a;filename=evil.exe', 'a_filename=evil.exe'],
  ])('of a file called %s has a name that cannot end its parameter', async (name, plain) => {
    nextcloud.putFile('anna', `/docs/${name}`, 'x');
    const answer = await get({}, `/docs/${name}`);
    const disposition = Buffer.from(String(answer.headers['content-disposition']), 'latin1').toString();
    const [, ascii, extended] =
      /^attachment; filename="([^"\\]*)"; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]+)$/.exec(disposition) ?? [];
    expect([answer.status, ascii, decodeURIComponent(extended ?? '')]).toEqual([200, plain, name]);
  });

  it('of a name with a line break is no download at all', async () => {
    const answer = await get({}, '/docs/a"\r\nX: 1.html');
    expect([answer.status, answer.body.code, answer.headers['x']]).toEqual([422, 'validation-failed', undefined]);
  });

  it.each(['page.html', 'picture.svg', 'script.js', 'feed.xml'])(
    'of %s is inert: sandboxed, not sniffed, saved',
    async (name) => {
      nextcloud.putFile('anna', `/docs/${name}`, '<script>alert(1)</script>');
      const { headers } = await get({}, `/docs/${name}`);
      expect(headers['content-security-policy']).toMatch(/^sandbox; default-src 'none'/);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(String(headers['content-disposition'])).toMatch(/^attachment;/);
      expect(String(headers['cache-control'])).toContain('no-store');
    },
  );
});

describe('a client that leaves in the middle of a download', () => {
  it('R22: ends the one from Nextcloud, gives back its place, and the audit trail says how far it came', async () => {
    nextcloud.putGeneratedFile('anna', '/docs/long.bin', 400 * MIB);
    for (let round = 0; round < 6; round += 1) {
      nextcloud.clearRequests();
      const incoming = await openFile(app, anna, { method: 'GET', path: '/docs/long.bin' });
      for await (const piece of incoming) if ((piece as Buffer).length > 0) break;
      incoming.destroy();
      const download = nextcloud.requests.find(({ method }) => method === 'GET');
      let sent = -1;
      await until(async () => {
        const before = sent;
        sent = download?.responseBytes ?? 0;
        await new Promise((resolve) => setTimeout(resolve, 50));
        return before === sent && (await lastEnd('file.download')).includes('aborted');
      });
      expect(sent).toBeLessThan(100 * MIB);
      const [row] = (await auditRows(app.database, anna.id, 'file.download')).slice(-1);
      expect(Number(row?.details['bytes'])).toBeLessThan(100 * MIB);
      await app.database.read((em) => em.execute('select 1'));
    }
    // Nobody holds the file any more.
    const head = await callFile(app, anna, { method: 'HEAD', path: '/docs/long.bin' });
    const answer = await callFile(app, anna, {
      method: 'PUT',
      path: '/docs/long.bin',
      body: 'short',
      headers: { 'if-match': String(head.headers['etag']) },
    });
    expect(answer.status).toBe(200);
  });

  it('a small file is free again at once, however slowly its client reads', async () => {
    nextcloud.putFile('anna', '/docs/slow.bin', Buffer.alloc(MIB), { mtime: 1_700_000_000 });
    const incoming = await openFile(app, anna, { method: 'GET', path: '/docs/slow.bin' });
    await until(() => Promise.resolve(nextcloud.requests.some(({ responseBytes }) => responseBytes >= MIB)));
    const headers = { 'if-match': String(incoming.headers.etag) };
    const answer = await callFile(app, anna, { method: 'PUT', path: '/docs/slow.bin', body: 'new', headers });
    expect(answer.status).toBe(200);
    let bytes = 0;
    for await (const piece of incoming) bytes += (piece as Buffer).length;
    expect(bytes).toBe(MIB);
  });
});

describe('transfers', () => {
  it('of one user run at most four at a time; the fifth is told when to come back, others are not kept waiting', async () => {
    nextcloud.putGeneratedFile('anna', '/docs/busy.bin', 400 * MIB);
    const open = await Promise.all(
      [1, 2, 3, 4].map(() => openFile(app, anna, { method: 'GET', path: '/docs/busy.bin' })),
    );
    const fifth = await get({}, '/docs/digits.txt');
    expect([fifth.status, fifth.body.code, fifth.headers['retry-after']]).toEqual([429, 'rate-limited', '5']);
    const ben = await createLinkedUser(app, nextcloud, 'ben');
    nextcloud.putFile('ben', '/own.txt', 'mine');
    expect((await get({}, '/own.txt', ben)).bytes.toString()).toBe('mine');
    // Everything but content has places of its own.
    expect((await callFile(app, anna, { method: 'HEAD', path: '/docs/digits.txt' })).status).toBe(200);
    for (const incoming of open) incoming.destroy();
    await until(async () => (await get()).status === 200);
  });
});

describe('whose files', () => {
  it('S29 S34: a user reads with the own credential below the own home, whatever path is asked for', async () => {
    const carl = await createLinkedUser(app, nextcloud, 'carl');
    nextcloud.putFile('carl', '/private.txt', 'of Carl');
    nextcloud.clearRequests();
    for (const path of ['/private.txt', '/../carl/private.txt', '/carl/private.txt', '../../files/carl/private.txt']) {
      const answer = await get({}, path);
      expect([404, 422]).toContain(answer.status);
      expect(answer.bytes.toString()).not.toContain('of Carl');
    }
    const paths = nextcloud.requests.map((request) => [request.authenticatedUid, request.path.split('/')[4]]);
    expect(paths.every(([uid, home]) => uid === 'anna' && home === 'anna')).toBe(true);
    expect((await get({}, '/private.txt', carl)).status).toBe(200);
  });

  it('S34: without a linked account the answer is 409 and nobody is asked', async () => {
    const nobody = await createUser(app);
    nextcloud.clearRequests();
    const answer = await get({}, '/docs/digits.txt', nobody);
    expect([answer.status, answer.body.code, nextcloud.requests.length]).toEqual([409, 'account-not-linked', 0]);
  });

  it('a refused credential is 403 once, then known: it is never tried again', async () => {
    const dora = await createLinkedUser(app, nextcloud, 'dora');
    nextcloud.deleteUser('dora');
    nextcloud.clearRequests();
    const answers = [await get({}, '/x.txt', dora), await get({}, '/x.txt', dora)];
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
      [403, 'account-link-invalid'],
      [403, 'account-link-invalid'],
    ]);
    expect(nextcloud.requests.length).toBe(1);
  });

  it('S57: leaves its begin and its end in the audit trail, with fileid, bytes and request, and no name', async () => {
    await get({ 'x-request-id': 'download-s57' });
    const own = async () =>
      (await auditRows(app.database, anna.id, 'file.download%')).filter((row) => row.request_id === 'download-s57');
    await until(async () => (await own()).length === 2);
    const fileId = String(nextcloud.fileId('anna', '/docs/digits.txt'));
    expect(await own()).toEqual([
      expect.objectContaining({ action: 'file.download.begin', outcome: 'success', target_id: fileId }),
      expect.objectContaining({
        action: 'file.download',
        outcome: 'success',
        target_id: fileId,
        details: { bytes: 10 },
      }),
    ]);
    expect(JSON.stringify(await own())).not.toContain('digits');
  });

  it('R33: hands nothing out when the audit trail cannot be written', async () => {
    await app.database.read((em) => em.execute('alter table audit_head rename to audit_head_away'));
    nextcloud.clearRequests();
    const answer = await get();
    await app.database.read((em) => em.execute('alter table audit_head_away rename to audit_head'));
    expect([answer.status, answer.body.code]).toEqual([503, 'audit-unavailable']);
    expect(nextcloud.requests.map(({ method }) => method)).not.toContain('GET');
  });
});

async function lastEnd(action: string): Promise<string> {
  const [row] = (await auditRows(app.database, anna.id, action)).slice(-1);
  const code = row?.details['code'];
  return typeof code === 'string' ? code : '';
}

function lockedBody(): string {
  return '<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"><s:exception>OCA\\DAV\\Connector\\Sabre\\Exception\\FileLocked</s:exception><s:message/></d:error>';
}
