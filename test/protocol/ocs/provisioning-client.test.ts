// Users and groups through the provisioning API, on the double or on a real Nextcloud (nextcloud.md 3.2, 3.3).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ProvisioningClient } from '../../../src/nextcloud/users/protocol/provisioning.client.ts';
import { NextcloudTarget, type TargetUser } from '../../support/nextcloud-target.ts';

const GROUP = `t${crypto.randomUUID().slice(0, 13)}`;
const code = (expected: string) => expect.objectContaining({ code: expected });

let target: NextcloudTarget;
let user: TargetUser;
let client: ProvisioningClient;

beforeAll(async () => {
  target = await NextcloudTarget.start();
  client = new ProvisioningClient({ outbound: target.outbound, policy: target.policy(), baseUrl: target.baseUrl });
  user = await target.makeUser();
});
afterAll(() => target.stop());

describe('the provisioning client', () => {
  it('N3: finds a user in full, tells one who is not there, and never takes Bearer for a write', async () => {
    expect(await client.findUser(target.admin, user.uid)).toMatchObject({ uid: user.uid, isEnabled: true, groups: [] });
    expect(await client.findUser(target.admin, 'nobody at all')).toBeNull();
    expect(await client.findUser(user.credential, target.admin.loginName)).toBe('hidden');
    const change = { key: 'email', value: 'x@example.com' } as const;
    await expect(client.edit(user.credential, user.uid, change)).rejects.toEqual(
      code('nextcloud-provisioning-refused'),
    );
  });

  it('N3: lists users in pages, and nobody as an empty list', async () => {
    const page = { search: user.uid, limit: 5, offset: 0 };
    expect((await client.listUsers(target.admin, page)).map(({ uid }) => uid)).toEqual([user.uid]);
    expect(await client.listUsers(target.admin, { ...page, search: `${user.uid}-none` })).toEqual([]);
  });

  it('N3: edits, and says what Nextcloud refuses', async () => {
    await client.edit(target.admin, user.uid, { key: 'quota', value: '104857600' });
    await client.edit(target.admin, user.uid, { key: 'displayname', value: 'Änne' });
    expect(await client.findUser(target.admin, user.uid)).toMatchObject({
      displayName: 'Änne',
      quota: { limitBytes: 104_857_600 },
    });
    const edit = (key: 'email' | 'quota', value: string, uid = user.uid) =>
      client.edit(target.admin, uid, { key, value });
    await expect(edit('quota', 'rubbish')).rejects.toEqual(code('nextcloud-change-refused'));
    await expect(edit('email', 'not an address')).rejects.toEqual(code('nextcloud-change-refused'));
    await expect(edit('quota', 'none', 'nobody at all')).rejects.toEqual(code('nextcloud-user-not-found'));
  });

  it('N3: disables and enables, as often as asked, and tells a missing user', async () => {
    for (const isEnabled of [false, false, true]) {
      await client.setEnabled(target.admin, user.uid, isEnabled);
      expect(await client.findUser(target.admin, user.uid)).toMatchObject({ isEnabled });
    }
    await expect(client.setEnabled(target.admin, 'nobody', false)).rejects.toEqual(code('nextcloud-user-not-found'));
    await expect(client.deleteUser(target.admin, 'nobody')).rejects.toEqual(code('nextcloud-user-not-found'));
  });

  it('N3: makes groups and changes who is in them', async () => {
    await client.createGroup(target.admin, GROUP);
    await expect(client.createGroup(target.admin, GROUP)).rejects.toEqual(code('nextcloud-group-exists'));
    expect(await client.listGroups(target.admin, { search: GROUP, limit: 2, offset: 0 })).toEqual([GROUP]);
    await client.addToGroup(target.admin, user.uid, GROUP);
    expect(await client.findUser(target.admin, user.uid)).toMatchObject({ groups: [GROUP] });
    await client.removeFromGroup(target.admin, user.uid, GROUP);
    await client.removeFromGroup(target.admin, user.uid, GROUP);
    expect(await client.findUser(target.admin, user.uid)).toMatchObject({ groups: [] });
    const add = (uid: string, group: string) => client.addToGroup(target.admin, uid, group);
    await expect(add(user.uid, 'no-such')).rejects.toEqual(code('nextcloud-group-not-found'));
    await expect(add('nobody', GROUP)).rejects.toEqual(code('nextcloud-user-not-found'));
  });
});
