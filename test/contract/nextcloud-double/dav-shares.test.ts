// Incoming shares: one file, one fileid, two paths; the recipient's ETags follow the owner's edits.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROPFIND_BODY, resourcesOf } from './multistatus.ts';
import { NextcloudUnderTest } from './nextcloud-under-test.ts';
import type { TestUser } from './nextcloud-under-test.ts';

let nextcloud: NextcloudUnderTest;
let owner: TestUser;
let recipient: TestUser;

beforeAll(async () => {
  nextcloud = await NextcloudUnderTest.start();
  owner = await nextcloud.createUser();
  recipient = await nextcloud.createUser();
  await nextcloud.makeFolder(owner, '/shared');
  await nextcloud.put(owner, '/shared/a.txt', 'content');
  // The recipient's home has to exist before its ETag can be compared.
  await read(recipient, '/');
});

afterAll(async () => nextcloud.stop());

async function read(user: TestUser, path: string): Promise<Readonly<Record<string, string>>> {
  const answer = await nextcloud.dav(user, path, { method: 'PROPFIND', headers: { Depth: '0' }, body: PROPFIND_BODY });
  return resourcesOf(answer)[0]?.found ?? {};
}

describe('a shared folder', () => {
  it("appears in the recipient's root with the owner's fileid and name, marked as shared", async () => {
    const unshare = await nextcloud.share(owner, '/shared', recipient);
    const mine = await read(recipient, '/shared');
    const theirs = await read(owner, '/shared');
    expect(mine['fileid']).toBe(theirs['fileid']);
    expect(mine).toMatchObject({ 'owner-id': owner.uid, 'mount-type': 'shared', permissions: 'SRGDNVCK' });
    expect(await read(recipient, '/shared/a.txt')).toMatchObject({
      fileid: (await read(owner, '/shared/a.txt'))['fileid'],
      'mount-type': 'shared',
      'owner-id': owner.uid,
      permissions: 'SRGDNVW',
    });
    await unshare();
    expect((await nextcloud.dav(recipient, '/shared/a.txt')).status).toBe(404);
  });

  it("changes the recipient's root when it comes, when the owner edits, and back to the former ETag when it goes", async () => {
    const before = (await read(recipient, '/'))['getetag'];
    const unshare = await nextcloud.share(owner, '/shared', recipient);
    const shared = (await read(recipient, '/'))['getetag'];
    const mount = (await read(recipient, '/shared'))['getetag'];
    await nextcloud.put(owner, '/shared/b.txt', 'more');
    const edited = (await read(recipient, '/'))['getetag'];
    const editedMount = (await read(recipient, '/shared'))['getetag'];
    await unshare();
    expect(new Set([before, shared, edited]).size).toBe(3);
    expect(editedMount).not.toBe(mount);
    expect((await read(recipient, '/'))['getetag']).toBe(before);
  });

  it('is left, not deleted, when the recipient deletes it', async () => {
    await nextcloud.share(owner, '/shared', recipient);
    expect((await nextcloud.dav(recipient, '/shared', { method: 'DELETE' })).status).toBe(204);
    expect((await nextcloud.dav(recipient, '/shared/a.txt')).status).toBe(404);
    expect((await nextcloud.dav(owner, '/shared/a.txt')).text).toBe('content');
  });

  it('disappears with the owner deleting it', async () => {
    await nextcloud.makeFolder(owner, '/short-lived');
    await nextcloud.share(owner, '/short-lived', recipient);
    expect((await read(recipient, '/short-lived'))['owner-id']).toBe(owner.uid);
    await nextcloud.dav(owner, '/short-lived', { method: 'DELETE' });
    expect((await nextcloud.dav(recipient, '/short-lived', { method: 'PROPFIND' })).status).toBe(404);
  });
});

describe('a shared file', () => {
  it('is writable by the recipient, and the owner sees the change', async () => {
    await nextcloud.put(owner, '/note.txt', 'old');
    const unshare = await nextcloud.share(owner, '/note.txt', recipient);
    const before = (await read(owner, '/'))['getetag'];
    await nextcloud.put(recipient, '/note.txt', 'written by the recipient');
    expect((await nextcloud.dav(owner, '/note.txt')).text).toBe('written by the recipient');
    expect((await read(owner, '/'))['getetag']).not.toBe(before);
    await unshare();
  });
});
