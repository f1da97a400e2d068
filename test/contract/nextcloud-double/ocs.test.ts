// The OCS envelope and the provisioning calls the server uses: success, refusals, and the ways v1 hides a failure.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { IS_LOCAL, NextcloudUnderTest, ocsData, ocsMeta } from './nextcloud-under-test.ts';
import type { TestUser } from './nextcloud-under-test.ts';
import { basic, bearer, privateLoopback, send } from './raw-http.ts';

let nextcloud: NextcloudUnderTest;
let anna: TestUser;
let bert: TestUser;
const OCS = { 'OCS-APIRequest': 'true' };

beforeAll(async () => {
  nextcloud = await NextcloudUnderTest.start();
  anna = await nextcloud.createUser();
  bert = await nextcloud.createUser();
});

afterAll(async () => nextcloud.stop());

describe('GET /status.php', () => {
  it('answers 200 JSON without a login and readable from any origin', async () => {
    const answer = await send(`${nextcloud.url}/status.php`);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toContain('application/json');
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    expect(JSON.parse(answer.text)).toMatchObject({ installed: true, maintenance: false, needsDbUpgrade: false });
  });
});

describe('GET /cloud/capabilities', () => {
  it('tells version and brute-force delay without a login when the OCS header is there', async () => {
    const answer = await nextcloud.ocs('/cloud/capabilities');
    expect(answer.status).toBe(200);
    expect(ocsData(answer)).toMatchObject({ version: { major: expect.any(Number) } });
    expect(ocsData(answer)['capabilities']).toMatchObject({ bruteforce: { delay: expect.any(Number) } });
  });

  it('answers 412 without a login and without the OCS header', async () => {
    const answer = await send(`${nextcloud.url}/ocs/v2.php/cloud/capabilities?format=json`);
    expect(answer.status).toBe(412);
    expect(JSON.parse(answer.text)).toEqual({ message: 'CSRF check failed' });
  });

  it('adds the files, sharing and DAV capabilities for a user and an ETag', async () => {
    const answer = await nextcloud.ocs('/cloud/capabilities', { headers: bearer(anna.appPassword) });
    expect(ocsData(answer)['capabilities']).toMatchObject({
      dav: { chunking: '1.0' },
      files: { bigfilechunking: true },
    });
    expect(answer.headers.etag).toMatch(/^"[0-9a-f]{32}"$/);
  });
});

describe('the CSRF header', () => {
  it.each(['v1', 'v2'])('is demanded with Basic: %s answers 412 outside the OCS envelope', async (version) => {
    const url = `${nextcloud.url}/ocs/${version}.php/cloud/user?format=json`;
    const answer = await send(url, { headers: basic(anna.uid, anna.appPassword) });
    expect(answer.status).toBe(412);
    expect(JSON.parse(answer.text)).toEqual({ message: 'CSRF check failed' });
  });

  it('is not needed with Bearer', async () => {
    const url = `${nextcloud.url}/ocs/v2.php/cloud/user?format=json`;
    expect((await send(url, { headers: bearer(anna.appPassword) })).status).toBe(200);
  });
});

describe('GET /cloud/user', () => {
  it('names the user id, display name, e-mail and groups, and hides `enabled` from a normal user', async () => {
    const self = ocsData(await nextcloud.ocs('/cloud/user', { headers: bearer(anna.appPassword) }));
    expect(self).toMatchObject({ id: anna.uid, email: `${anna.uid}@example.com`, displayname: anna.uid, groups: [] });
    expect(self['display-name']).toBe(anna.uid);
    expect(self).not.toHaveProperty('enabled');
  });

  it('answers XML unless JSON is asked for', async () => {
    const headers = { ...OCS, ...bearer(anna.appPassword) };
    const answer = await send(`${nextcloud.url}/ocs/v2.php/cloud/user`, { headers });
    expect(answer.headers['content-type']).toBe('application/xml; charset=utf-8');
    expect(answer.text).toContain(`<id>${anna.uid}</id>`);
    expect(answer.text).toContain('<groups/>');
    const json = await send(`${nextcloud.url}/ocs/v2.php/cloud/user`, {
      headers: { ...headers, Accept: 'application/json' },
    });
    expect(ocsData(json)['id']).toBe(anna.uid);
  });

  it.each([
    ['v1', 100],
    ['v2', 200],
  ])('reports success in %s as %d', async (version, code) => {
    const url = `${nextcloud.url}/ocs/${version}.php/cloud/user?format=json`;
    expect(ocsMeta(await send(url, { headers: bearer(anna.appPassword) }))).toMatchObject({
      status: 'ok',
      statuscode: code,
    });
  });

  it.each(['v1', 'v2'])('answers 401 JSON 997 in %s when no credential is sent at all', async (version) => {
    const answer = await send(`${nextcloud.url}/ocs/${version}.php/cloud/user?format=json`, { headers: OCS });
    expect(answer.status).toBe(401);
    expect(ocsMeta(answer)).toMatchObject({
      status: 'failure',
      statuscode: 997,
      message: 'Current user is not logged in',
    });
    expect(ocsData(answer)).toEqual([]);
  });

  it.each(['v1', 'v2'])('answers 401 in XML in %s for a wrong password although JSON is asked for', async (version) => {
    const url = `${nextcloud.url}/ocs/${version}.php/cloud/user?format=json`;
    const headers = { ...OCS, Accept: 'application/json', ...basic(anna.uid, 'wrong') };
    const answer = await send(url, { headers, ...(IS_LOCAL ? { from: privateLoopback() } : {}) });
    expect(answer.status).toBe(401);
    expect(answer.headers['content-type']).toMatch(/^text\/xml/);
    expect(answer.text).toContain('<statuscode>997</statuscode>');
  });
});

describe('an unknown OCS route', () => {
  it('answers 404 with an empty array where data would be', async () => {
    const answer = await nextcloud.ocs('/no/such/route', { headers: bearer(anna.appPassword) });
    expect(answer.status).toBe(404);
    expect(ocsMeta(answer).statuscode).toBe(404);
    expect(ocsData(answer)).toEqual([]);
  });
});

describe('POST /cloud/users', () => {
  const newId = () => `contract-${randomBytes(5).toString('hex')}`;
  const password = 'Contract-password-4711';

  it('creates a user and names the id', async () => {
    const uid = newId();
    const created = await nextcloud.admin('POST', '/users', { userid: uid, password, displayName: 'Änne Müller' });
    expect(ocsData(created)).toEqual({ id: uid });
    expect(ocsData(await nextcloud.admin('GET', `/users/${uid}`))).toMatchObject({
      id: uid,
      displayname: 'Änne Müller',
      enabled: true,
    });
    expect((await nextcloud.admin('DELETE', `/users/${uid}`)).status).toBe(200);
  });

  it.each([
    ['an existing id', () => ({ userid: anna.uid, password }), 102],
    ['an existing id in other letter case', () => ({ userid: anna.uid.toUpperCase(), password }), 102],
    ['an empty id', () => ({ userid: '', password }), 101],
    ['forbidden characters', () => ({ userid: 'a/b', password }), 101],
    ['neither password nor e-mail', () => ({ userid: newId() }), 108],
    ['a missing group', () => ({ userid: newId(), password, 'groups[]': 'no-such-group' }), 104],
  ])('refuses %s with 400 and a code of its own', async (_, fields, code) => {
    const answer = await nextcloud.admin('POST', '/users', fields());
    expect(answer.status).toBe(400);
    expect(ocsMeta(answer).statuscode).toBe(code);
    expect(ocsData(answer)).toEqual([]);
  });

  it('answers 200 with the failure inside on v1', async () => {
    const answer = await send(`${nextcloud.url}/ocs/v1.php/cloud/users?format=json`, {
      method: 'POST',
      headers: { ...OCS, ...basic(nextcloud.adminUser, nextcloud.adminPassword), 'Content-Type': 'application/json' },
      body: JSON.stringify({ userid: anna.uid, password }),
    });
    expect(answer.status).toBe(200);
    expect(ocsMeta(answer)).toMatchObject({ status: 'failure', statuscode: 102 });
  });

  it('refuses a password the policy forbids with 107, where the policy app is installed', async () => {
    const known = ocsData(await nextcloud.ocs('/cloud/capabilities', { headers: bearer(anna.appPassword) }));
    const hasPolicy = Object.hasOwn(known['capabilities'] as object, 'password_policy');
    const uid = newId();
    const answer = await nextcloud.admin('POST', '/users', { userid: uid, password: 'password1234' });
    if (!hasPolicy) await nextcloud.admin('DELETE', `/users/${uid}`);
    expect(ocsMeta(answer).statuscode).toBe(hasPolicy ? 107 : 200);
  });

  it('answers 500 when the id field is missing', async () => {
    const answer = await nextcloud.admin('POST', '/users', { password });
    expect(answer.status).toBe(500);
  });

  it('is refused to normal users and to Bearer credentials', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams({ userid: newId(), password }).toString();
    const asUser = await nextcloud.ocs('/cloud/users', {
      method: 'POST',
      headers: { ...headers, ...basic(anna.uid, anna.appPassword) },
      body,
    });
    expect([asUser.status, ocsMeta(asUser).statuscode]).toEqual([403, 403]);
    const asBearer = await nextcloud.ocs('/cloud/users', {
      method: 'POST',
      headers: { ...headers, ...bearer(anna.appPassword) },
      body,
    });
    expect([asBearer.status, ocsMeta(asBearer).message]).toEqual([403, 'Password confirmation is required']);
  });
});

describe('GET /cloud/users', () => {
  it('finds users by a part of the id or of the e-mail', async () => {
    expect(ocsData(await nextcloud.admin('GET', `/users?search=${anna.uid}`))).toEqual({ users: [anna.uid] });
    expect(ocsData(await nextcloud.admin('GET', `/users?search=${anna.uid}%40example.com`))).toEqual({
      users: [anna.uid],
    });
    expect(ocsData(await nextcloud.admin('GET', '/users?search=nobody-is-called-so'))).toEqual({ users: [] });
  });

  it('is refused to normal users', async () => {
    expect((await nextcloud.ocs('/cloud/users', { headers: bearer(anna.appPassword) })).status).toBe(403);
  });
});

describe('GET /cloud/users/{id}', () => {
  it('answers the stored spelling of the id whatever case is asked for', async () => {
    expect(ocsData(await nextcloud.admin('GET', `/users/${anna.uid.toUpperCase()}`))['id']).toBe(anna.uid);
  });

  it('tells an administrator 404 for a missing user', async () => {
    const answer = await nextcloud.admin('GET', '/users/nobody-is-called-so');
    expect([answer.status, ocsMeta(answer).statuscode]).toEqual([404, 404]);
  });

  it('hides another user from a normal user behind 404 and 998', async () => {
    const answer = await nextcloud.ocs(`/cloud/users/${bert.uid}`, { headers: bearer(anna.appPassword) });
    expect([answer.status, ocsMeta(answer).statuscode]).toEqual([404, 998]);
  });
});

describe('enable, disable and delete', () => {
  it('answers 200 for existing users, repeatedly', async () => {
    expect((await nextcloud.admin('PUT', `/users/${bert.uid}/disable`)).status).toBe(200);
    expect((await nextcloud.admin('PUT', `/users/${bert.uid}/disable`)).status).toBe(200);
    expect(ocsData(await nextcloud.admin('GET', `/users/${bert.uid}`))['enabled']).toBe(false);
    expect((await nextcloud.admin('PUT', `/users/${bert.uid}/enable`)).status).toBe(200);
  });

  it('refuses missing users: 101 to enable or disable, 998 to delete', async () => {
    expect(ocsMeta(await nextcloud.admin('PUT', '/users/nobody-is-called-so/disable')).statuscode).toBe(101);
    expect(ocsMeta(await nextcloud.admin('DELETE', '/users/nobody-is-called-so')).statuscode).toBe(998);
  });

  it('does not let an administrator disable or delete himself', async () => {
    expect(ocsMeta(await nextcloud.admin('PUT', `/users/${nextcloud.adminUser}/disable`)).statuscode).toBe(101);
    expect(ocsMeta(await nextcloud.admin('DELETE', `/users/${nextcloud.adminUser}`)).statuscode).toBe(101);
  });
});
