// What changes when something changes: the ETags of files, folders and ancestors, and the identities that stay.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROPFIND_BODY, resourcesOf } from './multistatus.ts';
import { describeOnDouble, IS_REAL, NextcloudUnderTest } from './nextcloud-under-test.ts';
import type { TestUser } from './nextcloud-under-test.ts';

let nextcloud: NextcloudUnderTest;
let anna: TestUser;

beforeAll(async () => {
  nextcloud = await NextcloudUnderTest.start();
  anna = await nextcloud.createUser();
});

afterAll(async () => nextcloud.stop());

interface Version {
  readonly etag: string;
  readonly fileId: string;
  readonly size: string;
}

async function versionOf(path: string): Promise<Version> {
  const answer = await nextcloud.dav(anna, path, { method: 'PROPFIND', headers: { Depth: '0' }, body: PROPFIND_BODY });
  const found = resourcesOf(answer)[0]?.found ?? {};
  return { etag: found['getetag'] ?? '', fileId: found['fileid'] ?? '', size: found['size'] ?? '' };
}

/** Waits until the server's clock shows another second than at any earlier write. */
const nextSecond = () => new Promise((resolve) => setTimeout(resolve, 1100));
/** Makes two writes fall into one second: the double's clock stops, with a real server the first moments are awaited. */
const startOfSecond = async () => {
  if (IS_REAL) await new Promise((resolve) => setTimeout(resolve, 1010 - (Date.now() % 1000)));
  else nextcloud.double.clock.freeze();
};

describe('a change inside a folder', () => {
  it('gives every ancestor one new common ETag and leaves siblings alone', async () => {
    await nextcloud.makeFolder(anna, '/tree');
    await nextcloud.makeFolder(anna, '/tree/left');
    await nextcloud.makeFolder(anna, '/tree/right');
    const before = await Promise.all(['/', '/tree', '/tree/left', '/tree/right'].map(versionOf));
    await nextcloud.put(anna, '/tree/left/a.txt', 'x');
    const after = await Promise.all(['/', '/tree', '/tree/left', '/tree/right'].map(versionOf));
    expect(after.map((it) => it.fileId)).toEqual(before.map((it) => it.fileId));
    expect(new Set(after.slice(0, 3).map((it) => it.etag)).size).toBe(1);
    expect(after[0]?.etag).not.toBe(before[0]?.etag);
    expect(after[3]?.etag).toBe(before[3]?.etag);
  });

  it('means creating, overwriting, renaming, moving and deleting, and never reading', async () => {
    await nextcloud.makeFolder(anna, '/watched');
    let etag = (await versionOf('/')).etag;
    const expectChange = async (isChange: boolean) => {
      const now = (await versionOf('/')).etag;
      expect(now !== etag).toBe(isChange);
      etag = now;
    };
    await nextcloud.put(anna, '/watched/a.txt', 'x');
    await expectChange(true);
    await nextcloud.dav(anna, '/watched/a.txt');
    await expectChange(false);
    await nextcloud.put(anna, '/watched/a.txt', 'y');
    await expectChange(true);
    await move('/watched/a.txt', '/watched/b.txt');
    await expectChange(true);
    await nextcloud.dav(anna, '/watched/b.txt', { method: 'DELETE' });
    await expectChange(true);
  });
});

describe('the ETag of a file', () => {
  it('is the same in the listing, in the answer to PUT and in the answer to GET', async () => {
    const put = await nextcloud.put(anna, '/same.txt', 'content');
    const get = await nextcloud.dav(anna, '/same.txt');
    expect(put.headers.etag).toBe((await versionOf('/same.txt')).etag);
    expect(get.headers.etag).toBe(put.headers.etag);
    expect(put.headers['oc-etag']).toBe(put.headers.etag);
  });

  it('stays when the file is overwritten within the same second, whatever its new size; the folder changes', async () => {
    await nextcloud.makeFolder(anna, '/racy');
    await startOfSecond();
    const first = await nextcloud.put(anna, '/racy/a.txt', 'AAAA');
    const folder = await versionOf('/racy');
    const second = await nextcloud.put(anna, '/racy/a.txt', 'BBBBBBBB');
    if (!IS_REAL) nextcloud.double.clock.release();
    const sameSecond = first.headers.date === second.headers.date;
    // A real server may need more than the rest of the second; then there is nothing to compare.
    if (!IS_REAL || sameSecond) expect(second.headers.etag).toBe(first.headers.etag);
    expect((await nextcloud.dav(anna, '/racy/a.txt')).text).toBe('BBBBBBBB');
    expect((await versionOf('/racy')).etag).not.toBe(folder.etag);
  });

  it('stays for ever when size and claimed modification time stay, and tells a changed size apart', async () => {
    const headers = { 'X-OC-MTime': '1700000000' };
    const first = await nextcloud.put(anna, '/kept.txt', 'AAAA', headers);
    await nextSecond();
    const second = await nextcloud.put(anna, '/kept.txt', 'BBBB', headers);
    await nextSecond();
    const third = await nextcloud.put(anna, '/kept.txt', 'CCCCC', headers);
    expect(second.headers.etag).toBe(first.headers.etag);
    expect(third.headers.etag).not.toBe(first.headers.etag);
    expect(first.headers['x-oc-mtime']).toBe('accepted');
  });

  it('changes when identical bytes are written in a later second', async () => {
    const first = await nextcloud.put(anna, '/identical.txt', 'same bytes');
    await nextSecond();
    const second = await nextcloud.put(anna, '/identical.txt', 'same bytes');
    expect(second.headers.etag).not.toBe(first.headers.etag);
    expect(second.headers['oc-fileid']).toBe(first.headers['oc-fileid']);
  });
});

describe('moving and copying', () => {
  it('keeps ETag and fileid of a moved file', async () => {
    await nextcloud.makeFolder(anna, '/target');
    await nextcloud.put(anna, '/moved.txt', 'content');
    const before = await versionOf('/moved.txt');
    expect((await move('/moved.txt', '/target/renamed.txt')).status).toBe(201);
    expect(await versionOf('/target/renamed.txt')).toEqual(before);
  });

  it('keeps ETag and fileid of a renamed folder and of everything inside; only its parent changes', async () => {
    await nextcloud.makeFolder(anna, '/old');
    await nextcloud.makeFolder(anna, '/old/inner');
    await nextcloud.put(anna, '/old/inner/a.txt', 'content');
    const before = await Promise.all(['/old', '/old/inner', '/old/inner/a.txt'].map(versionOf));
    const root = await versionOf('/');
    await move('/old', '/new');
    expect(await Promise.all(['/new', '/new/inner', '/new/inner/a.txt'].map(versionOf))).toEqual(before);
    expect((await versionOf('/')).etag).not.toBe(root.etag);
  });

  it('gives copies a fileid of their own, also below a copied folder', async () => {
    await nextcloud.makeFolder(anna, '/origin');
    await nextcloud.put(anna, '/origin/a.txt', 'content');
    await nextcloud.dav(anna, '/origin', { method: 'COPY', headers: { Destination: nextcloud.davUrl(anna, '/copy') } });
    expect((await nextcloud.dav(anna, '/copy/a.txt')).text).toBe('content');
    expect((await versionOf('/copy')).fileId).not.toBe((await versionOf('/origin')).fileId);
    expect((await versionOf('/copy/a.txt')).fileId).not.toBe((await versionOf('/origin/a.txt')).fileId);
  });
});

describe('a copied folder that has subfolders', () => {
  const PROPS = { headers: { Depth: 'infinity' }, method: 'PROPFIND', body: PROPFIND_BODY };
  const listed = async (path: string) =>
    resourcesOf(await nextcloud.dav(anna, path, PROPS)).map((it) =>
      decodeURIComponent(it.href.split(`/${anna.uid}/`)[1] ?? ''),
    );

  it('hides what is in the subfolders from Depth: infinity and says size -1 until each of them is listed itself', async () => {
    for (const path of ['/nest', '/nest/in', '/nest/in/deep']) await nextcloud.makeFolder(anna, path);
    for (const path of ['/nest/a.txt', '/nest/in/b.txt', '/nest/in/deep/c.txt']) await nextcloud.put(anna, path, 'x');
    await nextcloud.dav(anna, '/nest', { method: 'COPY', headers: { Destination: nextcloud.davUrl(anna, '/twin') } });
    const root = await versionOf('/');
    expect((await listed('/twin')).sort()).toEqual(['twin/', 'twin/a.txt', 'twin/in/']);
    const [first, second] = [await versionOf('/twin'), await versionOf('/twin')];
    expect([first.size, second.size]).toEqual(['-1', '-1']);
    expect(second.etag).not.toBe(first.etag);
    expect((await listed('/twin/in')).sort()).toEqual(['twin/in/', 'twin/in/b.txt', 'twin/in/deep/']);
    expect((await listed('/twin/in/deep')).sort()).toEqual(['twin/in/deep/', 'twin/in/deep/c.txt']);
    expect((await versionOf('/twin/in/deep')).size).toBe('1');
    expect((await listed('/twin')).sort()).toEqual([
      'twin/',
      'twin/a.txt',
      'twin/in/',
      'twin/in/b.txt',
      'twin/in/deep/',
      'twin/in/deep/c.txt',
    ]);
    expect((await versionOf('/')).etag).toBe(root.etag);
  });

  it('serves the hidden files to whoever asks for them by name', async () => {
    await nextcloud.dav(anna, '/nest', {
      method: 'COPY',
      headers: { Destination: nextcloud.davUrl(anna, '/triplet') },
    });
    expect((await nextcloud.dav(anna, '/triplet/in/deep/c.txt')).text).toBe('x');
  });
});

describeOnDouble('with a hand on clock and disk (double only)', () => {
  it('keeps the ETag while the clock stands still and changes it with the next second', async () => {
    const { clock } = nextcloud.double;
    clock.freeze();
    const first = await nextcloud.put(anna, '/frozen.txt', 'AAAA');
    const second = await nextcloud.put(anna, '/frozen.txt', 'BBBBBB');
    clock.advance(1000);
    const third = await nextcloud.put(anna, '/frozen.txt', 'BBBBBB');
    clock.release();
    expect(second.headers.etag).toBe(first.headers.etag);
    expect(third.headers.etag).not.toBe(first.headers.etag);
  });

  it('indexes copied folders completely in the background and then changes the root once more', async () => {
    await nextcloud.makeFolder(anna, '/one');
    await nextcloud.makeFolder(anna, '/one/two');
    await nextcloud.put(anna, '/one/two/a.txt', 'x');
    await nextcloud.dav(anna, '/one', { method: 'COPY', headers: { Destination: nextcloud.davUrl(anna, '/three') } });
    const before = await versionOf('/');
    nextcloud.double.runBackgroundScan(anna.uid);
    const after = await versionOf('/');
    expect(after.etag).not.toBe(before.etag);
    expect(await versionOf('/three/two')).toMatchObject({ etag: after.etag, size: '1' });
  });

  it('shows the old ETag of a file changed on the disk until somebody downloads it', async () => {
    nextcloud.double.putFile(anna.uid, '/disk.txt', 'old', { mtime: 1_600_000_000 });
    const before = await versionOf('/disk.txt');
    nextcloud.double.changeOnDisk(anna.uid, '/disk.txt', 'newer');
    expect(await versionOf('/disk.txt')).toEqual(before);
    const download = await nextcloud.dav(anna, '/disk.txt');
    expect([download.text, download.headers.etag === before.etag]).toEqual(['newer', false]);
    expect((await versionOf('/disk.txt')).etag).toBe(download.headers.etag);
  });
});

function move(from: string, to: string) {
  return nextcloud.dav(anna, from, { method: 'MOVE', headers: { Destination: nextcloud.davUrl(anna, to) } });
}
