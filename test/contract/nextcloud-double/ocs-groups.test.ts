// Groups, sub-administrators and the listing in full: what provisioning relies on (nextcloud.md 3.2, 3.3).
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NextcloudUnderTest, ocsData, ocsMeta } from './nextcloud-under-test.ts';
import type { TestUser } from './nextcloud-under-test.ts';
import { basic } from './raw-http.ts';
import type { RawAnswer } from './raw-http.ts';

const GROUP = `contract-${randomBytes(5).toString('hex')}`;
const CREATED = `contract-${randomBytes(5).toString('hex')}`;
const PASSWORD = 'Contract-Password-2026';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

let nextcloud: NextcloudUnderTest;
let anna: TestUser;
let chief: TestUser;

beforeAll(async () => {
  nextcloud = await NextcloudUnderTest.start();
  anna = await nextcloud.createUser();
  chief = await nextcloud.createUser();
});

afterAll(async () => {
  await nextcloud.admin('DELETE', `/users/${CREATED}`);
  await nextcloud.admin('DELETE', `/groups/${GROUP}`);
  await nextcloud.stop();
});

/** HTTP status and `meta.statuscode`. */
const codes = (answer: RawAnswer): [number, number] => [answer.status, ocsMeta(answer).statuscode];

const asChief = (method: string, path: string, fields: Record<string, string> = {}): Promise<RawAnswer> =>
  nextcloud.ocs(`/cloud${path}`, {
    method,
    headers: { ...basic(chief.uid, chief.password), ...FORM },
    ...(method === 'GET' ? {} : { body: new URLSearchParams(fields).toString() }),
  });

describe('groups', () => {
  it('are created once and listed by a part of their id', async () => {
    expect(codes(await nextcloud.admin('POST', '/groups', { groupid: GROUP }))).toEqual([200, 200]);
    expect(codes(await nextcloud.admin('POST', '/groups', { groupid: GROUP }))).toEqual([400, 102]);
    expect(codes(await nextcloud.admin('POST', '/groups', { groupid: '' }))).toEqual([400, 101]);
    expect(ocsData(await nextcloud.admin('GET', `/groups?search=${GROUP}`))['groups']).toEqual([GROUP]);
  });

  it('take and lose members, as often as it is asked', async () => {
    const path = `/users/${anna.uid}/groups`;
    for (let times = 0; times < 2; times += 1) {
      expect(codes(await nextcloud.admin('POST', path, { groupid: GROUP }))).toEqual([200, 200]);
    }
    expect(ocsData(await nextcloud.admin('GET', `/users/${anna.uid}`))['groups']).toEqual([GROUP]);
    for (let times = 0; times < 2; times += 1) {
      expect(codes(await nextcloud.admin('DELETE', `${path}?groupid=${GROUP}`))).toEqual([200, 200]);
    }
    expect(ocsData(await nextcloud.admin('GET', `/users/${anna.uid}`))['groups']).toEqual([]);
  });

  it('tell a missing group, 102, from a missing user, 103, and from none at all, 101', async () => {
    expect(codes(await nextcloud.admin('POST', `/users/${anna.uid}/groups`, { groupid: 'no-such' }))).toEqual([
      400, 102,
    ]);
    expect(codes(await nextcloud.admin('POST', '/users/no-such-user/groups', { groupid: GROUP }))).toEqual([400, 103]);
    expect(codes(await nextcloud.admin('POST', `/users/${anna.uid}/groups`))).toEqual([400, 101]);
    expect(codes(await nextcloud.admin('DELETE', '/users/no-such-user/groups?groupid=no-such'))).toEqual([400, 102]);
  });
});

describe('GET /cloud/users/details', () => {
  it('finds a user by address, by id and in full', async () => {
    const answer = await nextcloud.admin('GET', `/users/details?search=${anna.uid}@example.com&limit=3`);
    expect(ocsData(answer)['users']).toMatchObject({
      [anna.uid]: { id: anna.uid, enabled: true, email: `${anna.uid}@example.com`, groups: [] },
    });
  });

  it('is an empty list where nobody is found', async () => {
    expect(ocsData(await nextcloud.admin('GET', '/users/details?search=nobody-has-this'))['users']).toEqual([]);
  });
});

describe('quota', () => {
  it('is kept with one decimal, so it is read back as another number', async () => {
    const path = `/users/${anna.uid}`;
    expect(codes(await nextcloud.admin('PUT', path, { key: 'quota', value: '123456789' }))).toEqual([200, 200]);
    expect(ocsData(await nextcloud.admin('GET', path))['quota']).toMatchObject({ quota: 123417395 });
    expect(codes(await nextcloud.admin('PUT', path, { key: 'quota', value: 'rubbish' }))).toEqual([400, 102]);
  });
});

describe('a sub-administrator', () => {
  it('creates users in own groups only, and in one at least', async () => {
    expect(codes(await asChief('GET', '/users'))).toEqual([403, 403]);
    const appointed = await nextcloud.admin('POST', `/users/${chief.uid}/subadmins`, { groupid: GROUP });
    expect(codes(appointed)).toEqual([200, 200]);
    const user = { userid: CREATED, password: PASSWORD };
    expect(codes(await asChief('POST', '/users', user))).toEqual([400, 106]);
    expect(codes(await asChief('POST', '/users', { ...user, 'groups[]': 'admin' }))).toEqual([400, 105]);
    expect(codes(await asChief('POST', '/users', { ...user, 'groups[]': GROUP }))).toEqual([200, 200]);
  });

  it('sees and changes nobody else', async () => {
    expect(codes(await asChief('GET', `/users/${CREATED}`))).toEqual([200, 200]);
    expect(codes(await asChief('GET', `/users/${anna.uid}`))).toEqual([404, 998]);
    expect(codes(await asChief('GET', '/users/no-such-user'))).toEqual([404, 404]);
    expect(codes(await asChief('PUT', `/users/${CREATED}/disable`))).toEqual([200, 200]);
    expect(codes(await asChief('PUT', `/users/${anna.uid}/disable`))).toEqual([404, 998]);
    expect(codes(await asChief('DELETE', `/users/${CREATED}/groups?groupid=${GROUP}`))).toEqual([400, 105]);
    expect(codes(await asChief('POST', '/groups', { groupid: `${GROUP}-x` }))).toEqual([403, 403]);
  });
});

describe('a user without a password', () => {
  it('is created when there is an address for the link to set one', async () => {
    await nextcloud.admin('DELETE', `/users/${CREATED}`);
    const fields = { userid: CREATED, email: `${CREATED}@example.com`, displayName: 'Cëline', quota: '1073741824' };
    expect(codes(await nextcloud.admin('POST', '/users', fields))).toEqual([200, 200]);
    expect(ocsData(await nextcloud.admin('GET', `/users/${CREATED}`))).toMatchObject({
      enabled: true,
      displayname: 'Cëline',
      lastLogin: 0,
      quota: { quota: 1073741824 },
    });
  });
});
