// A user's files over WebDAV, on the double or on a real Nextcloud.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readBytes } from '../../../src/outbound/bounded-read.ts';
import { fileFingerprint, type DavResource } from '../../../src/nextcloud/webdav/protocol/dav-resource.ts';
import { WebdavFilesClient } from '../../../src/nextcloud/webdav/protocol/webdav-files.client.ts';
import { basic, NextcloudTarget, type TargetUser } from '../../support/nextcloud-target.ts';

const ODD_NAMES = [
  '100% #1?.txt',
  "it's (*) & <b>.txt",
  'ü é 😀.txt',
  'a%2Fb.txt',
  '__PATH_SEPARATOR_POSIX__',
  'x+y;z:1 ',
];

let target: NextcloudTarget;
let files: WebdavFilesClient;
let user: TargetUser;

beforeAll(async () => {
  target = await NextcloudTarget.start();
  files = new WebdavFilesClient(target.outbound, target.policy());
  user = await target.makeUser();
  await target.makeFolder(user, '/docs');
  await target.makeFolder(user, '/docs/deep');
  await target.putFile(user, '/docs/a.txt', 'hello world');
  await target.putFile(user, '/docs/deep/b.md', '# B');
  await target.makeFolder(user, '/odd');
  for (const name of ODD_NAMES) await target.putFile(user, `/odd/${encodeURIComponent(name)}`, `in ${name}`);
});
afterAll(() => target.stop());

async function all(resources: AsyncIterable<DavResource>): Promise<DavResource[]> {
  const found: DavResource[] = [];
  for await (const resource of resources) found.push(resource);
  return found;
}

async function contentOf(path: string): Promise<string> {
  const { body } = await files.download(user.credential, path, { maxBytes: 10_000 });
  return (await readBytes(body, 10_000, 'test')).toString();
}

const code = (expected: string) => expect.objectContaining({ code: expected });

describe('the root', () => {
  it("is the user's own, and its entity tag changes with a change far below", async () => {
    const before = await files.root(user.credential);
    expect(before).toEqual({
      fileId: expect.stringMatching(/^\d+$/),
      etag: expect.stringMatching(/^".+"$/),
      ownerId: user.uid,
    });
    expect(await files.root(user.credential)).toEqual(before);
    await target.putFile(user, '/docs/deep/new.txt', 'new');
    const after = await files.root(user.credential);
    expect(after.fileId).toBe(before.fileId);
    expect(after.etag).not.toBe(before.etag);
  });

  it('of another existing user is refused instead of looking like an empty account', async () => {
    const other = await target.makeUser();
    await target.putFile(other, '/secret.txt', 'secret');
    const foreign = { ...user.credential, uid: other.uid };
    await expect(files.root(foreign)).rejects.toEqual(code('upstream-misconfigured'));
    await expect(all(files.list(foreign, '/', { depth: 1 }))).rejects.toEqual(code('upstream-misconfigured'));
    await expect(all(files.walk(foreign, '/'))).rejects.toEqual(code('upstream-misconfigured'));
    await expect(files.stat(foreign, '/secret.txt')).rejects.toEqual(code('file-not-found'));
  });

  it('of a user who does not exist is not found', async () => {
    await expect(files.root({ ...user.credential, uid: 'nobody-at-all' })).rejects.toEqual(code('file-not-found'));
  });
});

describe('a listing', () => {
  it('of depth 1 gives the folder and its children with all properties', async () => {
    const [folder, ...children] = await all(files.list(user.credential, '/docs', { depth: 1 }));
    expect(folder).toMatchObject({
      path: '/docs',
      name: 'docs',
      isCollection: true,
      contentType: null,
      uploadTime: null,
    });
    expect(children.map(({ path }) => path).sort()).toEqual(['/docs/a.txt', '/docs/deep']);
    expect(children.find(({ name }) => name === 'a.txt')).toEqual({
      path: '/docs/a.txt',
      name: 'a.txt',
      isCollection: false,
      isUnscanned: false,
      fileId: expect.stringMatching(/^\d+$/),
      etag: expect.stringMatching(/^".+"$/),
      size: 11,
      contentType: 'text/plain',
      lastModified: expect.any(Date),
      permissions: expect.stringContaining('G'),
      ownerId: user.uid,
      checksums: expect.any(Array),
      uploadTime: expect.any(Number),
      mountType: null,
    });
  });

  it('of infinite depth and a walk give the same tree, each folder before its content', async () => {
    const deep = await all(files.list(user.credential, '/docs', { depth: 'infinity' }));
    const walked = await all(files.walk(user.credential, '/docs'));
    expect(walked).toEqual(deep);
    const paths = deep.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['/docs', '/docs/a.txt', '/docs/deep', '/docs/deep/b.md']));
    for (const path of paths.slice(1)) {
      expect(paths.indexOf(path.slice(0, path.lastIndexOf('/')))).toBeLessThan(paths.indexOf(path));
    }
  });

  it('of a file is refused, and of nothing is not found', async () => {
    await expect(all(files.list(user.credential, '/docs/a.txt', { depth: 1 }))).rejects.toEqual(code('not-a-folder'));
    await expect(all(files.list(user.credential, '/nothing', { depth: 1 }))).rejects.toEqual(code('file-not-found'));
  });

  it('gives odd names in a form that stat and download take', async () => {
    const [, ...children] = await all(files.list(user.credential, '/odd', { depth: 1 }));
    expect(children.map(({ name }) => name).sort()).toEqual([...ODD_NAMES].sort());
    for (const { path, name, fileId } of children) {
      expect((await files.stat(user.credential, path)).fileId).toBe(fileId);
      expect(await contentOf(path)).toBe(`in ${name}`);
    }
  });

  it('finds a name in decomposed form under its composed one', async () => {
    await target.putFile(user, `/odd/${encodeURIComponent('nfde\u0301')}`, 'composed');
    expect((await files.stat(user.credential, '/odd/nfde\u0301')).name).toBe('nfd\u00e9');
    expect(await contentOf('/odd/nfd\u00e9')).toBe('composed');
  });
});

describe('a download', () => {
  it('gives the bytes with entity tag, size and type', async () => {
    const listed = await files.stat(user.credential, '/docs/a.txt');
    const download = await files.download(user.credential, '/docs/a.txt', { maxBytes: 11 });
    expect(download).toMatchObject({
      etag: listed.etag,
      size: 11,
      contentRange: null,
      lastModified: listed.lastModified,
    });
    expect(download.contentType).toMatch(/^text\/plain/);
    expect((await readBytes(download.body, 11, 'test')).toString()).toBe('hello world');
  });

  it('gives a range, and refuses one beyond the end', async () => {
    const range = { first: 6, last: 8 };
    const download = await files.download(user.credential, '/docs/a.txt', { maxBytes: 100, range });
    expect([download.contentRange, download.size]).toEqual(['bytes 6-8/11', 3]);
    expect((await readBytes(download.body, 100, 'test')).toString()).toBe('wor');
    await expect(
      files.download(user.credential, '/docs/a.txt', { maxBytes: 100, range: { first: 99 } }),
    ).rejects.toEqual(code('range-not-satisfiable'));
  });

  it('is refused when the file changed, is a folder, is missing or is larger than allowed', async () => {
    const read = (path: string, more = {}) => files.download(user.credential, path, { maxBytes: 1_000, ...more });
    await expect(read('/docs/a.txt', { ifMatch: '"stale"' })).rejects.toEqual(code('etag-mismatch'));
    await expect(read('/docs')).rejects.toEqual(code('not-a-file'));
    await expect(read('/')).rejects.toEqual(code('not-a-file'));
    await expect(read('/docs/none.txt')).rejects.toEqual(code('file-not-found'));
    await expect(read('/docs/a.txt', { maxBytes: 10 })).rejects.toEqual(code('file-too-large'));
  });

  it.each(['/../../../status.php', '/%2e%2e/x', '/docs/../../x', '/a\\..\\b', '/a\0'])(
    'of %j is refused without a request',
    async (path) => {
      target.double?.clearRequests();
      await expect(files.download(user.credential, path, { maxBytes: 10 })).rejects.toEqual(code('validation-failed'));
      if (target.double) expect(target.double.requests).toEqual([]);
    },
  );
});

describe('a change that keeps the entity tag', () => {
  it('still changes the fingerprint', async () => {
    const fixedTime = { 'X-OC-MTime': '1700000000' };
    await target.putFile(user, '/docs/same.txt', 'AAAA', fixedTime);
    const before = await files.stat(user.credential, '/docs/same.txt');
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await target.putFile(user, '/docs/same.txt', 'BBBB', fixedTime);
    const after = await files.stat(user.credential, '/docs/same.txt');
    expect(after.etag).toBe(before.etag);
    expect(fileFingerprint(after)).not.toBe(fileFingerprint(before));
  });
});

describe('a credential', () => {
  it('works as Basic with a password outside Latin-1', async () => {
    const credential = { ...user.credential, ...basic(user.uid, user.password) };
    expect((await files.root(credential)).ownerId).toBe(user.uid);
  });

  it('that is refused means a broken link', async () => {
    const wrong = { ...user.credential, secret: 'wrong-secret-0123456789' };
    await expect(files.root(wrong)).rejects.toEqual(code('account-link-invalid'));
    await expect(files.root({ ...user.credential, secret: 'not a töken' })).rejects.toEqual(
      code('account-link-invalid'),
    );
  });

  it('of a disabled user means a suspended account', async () => {
    const disabled = await target.makeUser();
    await target.disable(disabled);
    await expect(files.root(disabled.credential)).rejects.toEqual(code('account-suspended'));
  });
});
