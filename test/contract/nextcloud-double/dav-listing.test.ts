// PROPFIND: depths, properties and their 404 blocks, hrefs, names, and the listings that only look like one.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exceptionOf, PROPFIND_BODY, resourcesOf } from './multistatus.ts';
import type { ListedResource } from './multistatus.ts';
import { NextcloudUnderTest } from './nextcloud-under-test.ts';
import type { TestUser } from './nextcloud-under-test.ts';
import { basic, bearer, send } from './raw-http.ts';

let nextcloud: NextcloudUnderTest;
let anna: TestUser;
let bert: TestUser;

beforeAll(async () => {
  nextcloud = await NextcloudUnderTest.start();
  anna = await nextcloud.createUser();
  bert = await nextcloud.createUser();
  await nextcloud.makeFolder(anna, '/docs');
  await nextcloud.makeFolder(anna, '/docs/deep');
  await nextcloud.put(anna, '/docs/a.txt', 'fourteen bytes', {
    'X-OC-MTime': '1700000000',
    'OC-Checksum': 'SHA1:0000',
  });
  await nextcloud.put(anna, '/docs/deep/b.PDF', 'no pdf');
  await nextcloud.put(anna, '/docs/deep/plain', '12');
});

afterAll(async () => nextcloud.stop());

async function list(path: string, depth?: string): Promise<ListedResource[]> {
  const headers = { 'Content-Type': 'application/xml', ...(depth === undefined ? {} : { Depth: depth }) };
  return resourcesOf(await nextcloud.dav(anna, path, { method: 'PROPFIND', headers, body: PROPFIND_BODY }));
}

const home = () => `/remote.php/dav/files/${anna.uid}`;

describe('the Depth header', () => {
  it('0 lists the resource alone', async () => {
    expect((await list('/docs', '0')).map((it) => it.href)).toEqual([`${home()}/docs/`]);
  });

  it('1 lists the folder first, then its children', async () => {
    const hrefs = (await list('/docs/', '1')).map((it) => it.href);
    expect(hrefs[0]).toBe(`${home()}/docs/`);
    expect(hrefs.slice(1).sort()).toEqual([`${home()}/docs/a.txt`, `${home()}/docs/deep/`]);
  });

  it('is 1 when it is missing', async () => {
    expect(await list('/docs')).toHaveLength(3);
  });

  it('infinity lists the whole subtree', async () => {
    expect(await list('/docs', 'infinity')).toHaveLength(5);
  });

  it('makes no difference on a file', async () => {
    expect((await list('/docs/a.txt', '1')).map((it) => it.href)).toEqual([`${home()}/docs/a.txt`]);
  });
});

describe('properties of a file', () => {
  it('are answered with the quotes inside the ETag, and the uploader is believed about time and checksum', async () => {
    const [file] = await list('/docs/a.txt', '0');
    expect(file?.found).toMatchObject({
      getetag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
      getlastmodified: 'Tue, 14 Nov 2023 22:13:20 GMT',
      getcontentlength: '14',
      getcontenttype: 'text/plain',
      size: '14',
      fileid: expect.stringMatching(/^\d+$/),
      permissions: 'RGDNVW',
      'owner-id': anna.uid,
      checksums: 'SHA1:0000',
    });
    expect(file?.types).toEqual([]);
    expect(file?.missing).toEqual([]);
  });

  it('tell when the server received the content, whatever modification time was claimed', async () => {
    const [file] = await list('/docs/a.txt', '0');
    expect(Math.abs(Number(file?.found['upload_time']) - Date.now() / 1000)).toBeLessThan(300);
  });

  it('derive the media type from the extension alone', async () => {
    const [, ...files] = await list('/docs/deep', '1');
    const types = files.map((it) => `${it.href.split('/').at(-1) ?? ''}: ${it.found['getcontenttype'] ?? ''}`);
    expect(types.sort()).toEqual(['b.PDF: application/pdf', 'plain: application/octet-stream']);
  });

  it('that were not asked for or do not exist fill a 404 block', async () => {
    const body = '<d:propfind xmlns:d="DAV:" xmlns:z="urn:z"><d:prop><d:getetag/><z:colour/></d:prop></d:propfind>';
    const [file] = resourcesOf(
      await nextcloud.dav(anna, '/docs/a.txt', { method: 'PROPFIND', headers: { Depth: '0' }, body }),
    );
    expect(Object.keys(file?.found ?? {})).toEqual(['getetag']);
    expect(file?.missing).toEqual(['colour']);
  });
});

describe('properties of a folder', () => {
  it('include the bytes of its whole subtree but no length, type, checksum and upload time', async () => {
    const [folder] = await list('/docs', '0');
    expect(folder?.types).toEqual(['collection']);
    expect(folder?.found).toMatchObject({
      size: '22',
      permissions: 'RGDNVCK',
      getetag: expect.stringMatching(/^"[0-9a-f]{13}"$/),
    });
    expect([...(folder?.missing ?? [])].sort()).toEqual([
      'checksums',
      'getcontentlength',
      'getcontenttype',
      'upload_time',
    ]);
  });

  it('are only a handful without a request body', async () => {
    const [folder] = resourcesOf(await nextcloud.dav(anna, '/docs', { method: 'PROPFIND', headers: { Depth: '0' } }));
    expect(Object.keys(folder?.found ?? {}).sort()).toEqual([
      'getetag',
      'getlastmodified',
      'quota-available-bytes',
      'quota-used-bytes',
      'resourcetype',
    ]);
    expect(folder?.missing).toEqual([]);
  });
});

describe('names and hrefs', () => {
  it('come back in lower-case hex with quote and star escaped, brackets, colon and at-sign bare', async () => {
    await nextcloud.makeFolder(anna, '/names');
    await nextcloud.put(anna, `/names/${encodeURIComponent("ü '(a)*[1]&:@!$+,;=#%?.txt")}`, 'x');
    const hrefs = (await list('/names', '1')).map((it) => it.href);
    expect(hrefs).toContain(`${home()}/names/%c3%bc%20%27(a)%2a%5b1%5d%26:@%21%24%2b%2c%3b%3d%23%25%3f.txt`);
  });

  it('are stored in NFC, and found in either form', async () => {
    await nextcloud.put(anna, '/names/e%CC%81.txt', 'x');
    expect((await list('/names', '1')).map((it) => it.href)).toContain(`${home()}/names/%c3%a9.txt`);
    expect((await nextcloud.dav(anna, '/names/e%CC%81.txt')).status).toBe(200);
    expect((await nextcloud.dav(anna, '/names/%C3%A9.txt')).status).toBe(200);
  });

  it('may be emoji, end in a space or a dot, and start with a dot', async () => {
    for (const name of ['😀.md', 'trailing ', 'trailing.', '.hidden', 'pipe|quote".txt']) {
      await nextcloud.put(anna, `/names/${encodeURIComponent(name)}`, 'x');
      expect((await nextcloud.dav(anna, `/names/${encodeURIComponent(name)}`)).status).toBe(200);
    }
  });

  it('echo the letter case of the user id in the request', async () => {
    const url = `${nextcloud.url}/remote.php/dav/files/${anna.uid.toUpperCase()}/docs`;
    const answer = await send(url, { method: 'PROPFIND', headers: { Depth: '0', ...bearer(anna.appPassword) } });
    expect(resourcesOf(answer)[0]?.href).toBe(`/remote.php/dav/files/${anna.uid.toUpperCase()}/docs/`);
  });
});

describe('listings that are none', () => {
  it.each(['0', '1'])(
    "answers Depth %s on another user's home with one bare collection, to an administrator too",
    async (depth) => {
      const asAnna = bearer(anna.appPassword);
      const asAdmin = basic(nextcloud.adminUser, nextcloud.adminPassword);
      for (const credential of [asAnna, asAdmin]) {
        const answer = await send(nextcloud.davUrl(bert, '/'), {
          method: 'PROPFIND',
          headers: { Depth: depth, ...credential },
          body: PROPFIND_BODY,
        });
        const resources = resourcesOf(answer);
        expect(resources).toHaveLength(1);
        expect(Object.keys(resources[0]?.found ?? {})).toEqual(['resourcetype']);
        expect(resources[0]?.missing).toContain('fileid');
      }
    },
  );

  it("answers 404 below another user's home", async () => {
    await nextcloud.put(bert, '/secret.txt', 'x');
    const answer = await send(nextcloud.davUrl(bert, '/secret.txt'), { headers: bearer(anna.appPassword) });
    expect(answer.status).toBe(404);
    expect(answer.text).not.toContain('<d:multistatus');
  });

  it('answers 404 naming the principal for an unknown user', async () => {
    const url = `${nextcloud.url}/remote.php/dav/files/nobody-is-called-so/`;
    const answer = await send(url, { method: 'PROPFIND', headers: bearer(anna.appPassword) });
    expect([answer.status, exceptionOf(answer).message]).toEqual([
      404,
      'Principal with name nobody-is-called-so not found',
    ]);
  });

  it('refuses to list the homes with 405 but describes their collection', async () => {
    const url = `${nextcloud.url}/remote.php/dav/files/`;
    const headers = bearer(anna.appPassword);
    expect((await send(url, { method: 'PROPFIND', headers: { Depth: '1', ...headers } })).status).toBe(405);
    expect((await send(url, { method: 'PROPFIND', headers: { Depth: '0', ...headers } })).status).toBe(207);
  });

  it('answers a missing path 404 with the exception of sabre', async () => {
    const answer = await nextcloud.dav(anna, '/missing', { method: 'PROPFIND' });
    expect(answer.status).toBe(404);
    expect(exceptionOf(answer)).toEqual({
      exception: 'Sabre\\DAV\\Exception\\NotFound',
      message: 'File with name //missing could not be located',
    });
  });

  it('answers 400 to a body that is no propfind', async () => {
    for (const body of ['<d:propfind', '<d:prop xmlns:d="DAV:"/>']) {
      expect((await nextcloud.dav(anna, '/docs', { method: 'PROPFIND', body })).status).toBe(400);
    }
  });

  it('knows no sync-collection for files: 415', async () => {
    const body =
      '<d:sync-collection xmlns:d="DAV:"><d:sync-token/><d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>';
    const answer = await nextcloud.dav(anna, '/docs', { method: 'REPORT', body });
    expect([answer.status, exceptionOf(answer).exception]).toEqual([415, 'Sabre\\DAV\\Exception\\ReportNotSupported']);
  });

  it('serves the legacy path /remote.php/webdav/ as the caller himself', async () => {
    const url = `${nextcloud.url}/remote.php/webdav/docs/a.txt`;
    const answer = await send(url, { method: 'PROPFIND', headers: { Depth: '0', ...bearer(anna.appPassword) } });
    expect(resourcesOf(answer)[0]?.href).toBe('/remote.php/webdav/docs/a.txt');
  });
});
