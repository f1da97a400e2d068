// Users and groups of Nextcloud for administrators (rows N1 to N3, X-nc1, X-nc2; nextcloud.md 3).
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { NextcloudService } from '../../../src/nextcloud/users/nextcloud.service.ts';
import { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, createUser, type Answer, type Problem, type TestUser } from '../../support/api.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

interface UserBody extends Problem {
  readonly id: string;
  readonly display_name: string;
  readonly email: string | null;
  readonly is_enabled: boolean;
  readonly groups: string[];
  readonly quota_bytes: number | null;
  readonly users: UserBody[];
  readonly next_cursor: string | null;
}

const BASE = '/api/integrations/nextcloud';
const PASSWORD = 'Sehr-geheim-2026';

let nextcloud: NextcloudDouble;
let app: TestApp;
let admin: TestUser;

beforeAll(async () => {
  nextcloud = await NextcloudDouble.start();
  nextcloud.addGroup('nurses');
  nextcloud.addUser({ uid: 'boss', password: 'not-used', isAdmin: true });
  nextcloud.addUser({ uid: 'service', password: PASSWORD, isAdmin: true, email: 'service@clinic.example' });
  const secret = nextcloud.createAppPassword('service');
  app = await startTestApp({
    env: { NEXTCLOUD_URL: nextcloud.url, NEXTCLOUD_ADMIN_USER: 'service', NEXTCLOUD_ADMIN_PASSWORD: secret },
  });
  admin = await createUser(app, { isAdmin: true });
});
afterAll(async () => {
  await app.close();
  await nextcloud.stop();
});
beforeEach(() => nextcloud.clearRequests());
afterEach(() => nextcloud.faults.reset());

const api = (route: string, json?: unknown): Promise<Answer<UserBody>> =>
  call<UserBody>(app, route.replace(' ', ` ${BASE}`), { token: admin.access_token, json });
const writes = () => nextcloud.requests.filter(({ method }) => method !== 'GET');

describe('POST /users', () => {
  it('N3: creates a user with group and quota and answers what Nextcloud stores', async () => {
    const answer = await api('POST /users', {
      id: 'ana',
      password: PASSWORD,
      display_name: 'Ana Duarte',
      email: 'ana@clinic.example',
      groups: ['nurses'],
      quota_bytes: 1_073_741_824,
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      id: 'ana',
      display_name: 'Ana Duarte',
      email: 'ana@clinic.example',
      is_enabled: true,
      groups: ['nurses'],
      quota_bytes: 1_073_741_824,
    });
    expect(answer.text).not.toContain(PASSWORD);
  });

  it('X-nc1: an id that is taken is 409, in other letters too, and never a success', async () => {
    for (const id of ['ana', 'ANA']) {
      const answer = await api('POST /users', { id, password: PASSWORD });
      expect([answer.status, answer.body.code]).toEqual([409, 'nextcloud-user-exists']);
    }
  });

  it.each([
    [{ id: 'weak', password: 'password1234' }, 422, 'nextcloud-password-refused'],
    [{ id: 'lost', password: PASSWORD, groups: ['no-such-group'] }, 422, 'nextcloud-user-refused'],
    [{ id: 'root', password: PASSWORD, groups: ['admin'] }, 409, 'nextcloud-user-protected'],
    [{ id: 'a/b', password: PASSWORD }, 422, 'validation-failed'],
    [{ id: 'bad', password: PASSWORD, email: 'not-an-address' }, 422, 'validation-failed'],
    [{ id: 'bad', password: PASSWORD, is_admin: true }, 422, 'validation-failed'],
  ])('answers %j with %i %s and creates nobody', async (json, status, code) => {
    const answer = await api('POST /users', json);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(nextcloud.users().map(({ uid }) => uid)).not.toContain(json.id);
  });

  it('lets Nextcloud mail a link where there is an address, and makes a password that nobody knows where there is none', async () => {
    expect((await api('POST /users', { id: 'mailed', email: 'mailed@clinic.example' })).status).toBe(201);
    expect((await api('POST /users', { id: 'silent' })).status).toBe(201);
  });

  it('tells a half-done creation by looking (nextcloud.md 3.1)', async () => {
    nextcloud.addUser({ uid: 'half', password: 'x' });
    nextcloud.faults.scripted.push({ path: /\/cloud\/users$/, method: 'POST', status: 500, body: '' });
    const answer = await api('POST /users', { id: 'half', password: PASSWORD });
    expect([answer.status, answer.body.id]).toEqual([201, 'half']);
  });
});

describe('GET /users', () => {
  it('pages and searches by id, name and address', async () => {
    const seen: string[] = [];
    let cursor: string | null = '0';
    while (cursor !== null) {
      const page: Answer<UserBody> = await api(`GET /users?limit=2&cursor=${cursor}`);
      seen.push(...page.body.users.map(({ id }) => id));
      cursor = page.body.next_cursor;
    }
    expect(seen).toEqual([...new Set(nextcloud.users().map(({ uid }) => uid))].sort());
    expect((await api('GET /users?search=ana@clinic')).body.users.map(({ id }) => id)).toEqual(['ana']);
    expect((await api('GET /users?search=nobody')).body.users).toEqual([]);
  });

  it('X-nc2: puts an id with odd characters into the path encoded', async () => {
    nextcloud.addUser({ uid: "o'neil @clinic", password: 'x' });
    const answer = await api(`GET /users/${encodeURIComponent("o'neil @clinic")}`);
    expect(answer.body.id).toBe("o'neil @clinic");
    expect((await api('GET /users/..%2F..%2Fcloud')).status).toBe(422);
    expect((await api('GET /users/nobody')).body.code).toBe('nextcloud-user-not-found');
  });
});

describe('PUT /users/{id}', () => {
  it('N3: changes name, address and quota, and answers what is stored, rounded as Nextcloud does', async () => {
    const change = { display_name: 'Ana D', email: 'Ana.D@clinic.example', quota_bytes: 123_456_789 };
    const answer = await api('PUT /users/ana', change);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ display_name: 'Ana D', quota_bytes: 123_417_395 });
    expect((await api('PUT /users/ana', { quota_bytes: null, email: null })).body).toMatchObject({
      quota_bytes: null,
      email: null,
    });
  });

  it('says which field is not stored although Nextcloud said yes (nextcloud.md 3.3)', async () => {
    const yes = { ocs: { meta: { status: 'ok', statuscode: 200, message: 'OK' }, data: [] } };
    nextcloud.faults.scripted.push({
      path: '/cloud/users/ana',
      method: 'PUT',
      status: 200,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(yes),
    });
    const answer = await api('PUT /users/ana', { display_name: 'Somebody Else' });
    expect([answer.status, answer.body.code]).toEqual([422, 'nextcloud-change-refused']);
    expect(answer.body.errors).toEqual([expect.objectContaining({ pointer: '/display_name' })]);
  });
});

describe('enable, disable, groups and delete', () => {
  it('N3: disable and enable, as often as asked', async () => {
    for (const [verb, isEnabled] of [
      ['disable', false],
      ['disable', false],
      ['enable', true],
    ] as const) {
      expect((await api(`POST /users/ana/${verb}`)).body.is_enabled).toBe(isEnabled);
    }
  });

  it('N3: groups are made, listed and joined', async () => {
    expect((await api('POST /groups', { id: 'surgeons' })).status).toBe(201);
    expect((await api('POST /groups', { id: 'surgeons' })).body.code).toBe('nextcloud-group-exists');
    expect((await api('GET /groups?search=surg')).body.groups).toEqual(['surgeons']);
    expect((await api('PUT /users/ana/groups/surgeons')).status).toBe(204);
    expect((await api('GET /users/ana')).body.groups).toEqual(['nurses', 'surgeons']);
    expect((await api('DELETE /users/ana/groups/surgeons')).status).toBe(204);
    expect((await api('PUT /users/ana/groups/no-such')).body.code).toBe('nextcloud-group-not-found');
    expect((await api('PUT /users/nobody/groups/nurses')).body.code).toBe('nextcloud-user-not-found');
  });

  it('N3: deletes a user after a fresh proof of identity, and only once', async () => {
    expect((await api('DELETE /users/silent')).status).toBe(204);
    expect((await api('DELETE /users/silent')).body.code).toBe('nextcloud-user-not-found');
    await app.database.read((em) =>
      em.execute(`update sessions set authenticated_at = now() - interval '2 hours' where user_id = ?`, [admin.id]),
    );
    expect((await api('DELETE /users/mailed')).body.code).toBe('step-up-required');
    expect(nextcloud.users().map(({ uid }) => uid)).toContain('mailed');
  });

  it.each(['service', 'SERVICE', 'boss'])(
    'never touches the service account or an administrator of Nextcloud: %s',
    async (id) => {
      admin = await createUser(app, { isAdmin: true });
      const answers = [
        await api(`DELETE /users/${id}`),
        await api(`POST /users/${id}/disable`),
        await api(`PUT /users/${id}`, { email: 'evil@example.com' }),
        await api(`PUT /users/${id}/groups/nurses`),
      ];
      expect(answers.map(({ body }) => body.code)).toEqual(Array(4).fill('nextcloud-user-protected'));
      expect((await api('PUT /users/ana/groups/admin')).body.code).toBe('nextcloud-user-protected');
      expect(writes()).toEqual([]);
    },
  );
});

describe('who may', () => {
  it('S28: is no matter for others than administrators', async () => {
    const user = await createUser(app);
    const answer = await call<Problem>(app, `GET ${BASE}/users`, { token: user.access_token });
    expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
    expect(nextcloud.requests).toEqual([]);
  });

  it('S57: is in the trail, with the id of the Nextcloud user as a hash only', async () => {
    const rows = await app.database.read((em) =>
      em.execute<{ action: string; outcome: string; target_id: string }[]>(
        `select action, outcome, target_id from audit_events where action like 'nextcloud-user.%' and target_id is not null`,
      ),
    );
    const seen = new Set(rows.map(({ action, outcome }) => `${action} ${outcome}`));
    for (const wanted of ['create success', 'create failure', 'update success', 'disable success', 'delete success']) {
      expect(seen).toContain(`nextcloud-user.${wanted}`);
    }
    expect(rows.every(({ target_id: id }) => /^sha256:[0-9a-f]{32}$/.test(id))).toBe(true);
  });

  it('is answered 409 where the operator has set no service account', async () => {
    const other = await startTestApp({ env: { NEXTCLOUD_URL: nextcloud.url } });
    try {
      const somebody = await createUser(other, { isAdmin: true });
      const answer = await call<Problem>(other, `GET ${BASE}/users`, { token: somebody.access_token });
      expect([answer.status, answer.body.code]).toEqual([409, 'provisioning-not-configured']);
    } finally {
      await other.close();
    }
  });
});

describe('the service account', () => {
  it('is not tried a second time once Nextcloud has refused it: the throttle is per address', async () => {
    const env = {
      NEXTCLOUD_URL: nextcloud.url,
      NEXTCLOUD_ADMIN_USER: 'service',
      NEXTCLOUD_ADMIN_PASSWORD: 'wrong-one',
    };
    const other = await startTestApp({ env });
    try {
      const somebody = await createUser(other, { isAdmin: true });
      nextcloud.clearRequests();
      for (let times = 0; times < 4; times += 1) {
        const answer = await call<Problem>(other, `GET ${BASE}/users`, { token: somebody.access_token });
        expect([answer.status, answer.body.code]).toEqual([502, 'service-account-refused']);
      }
      expect(nextcloud.requests.map(({ status }) => status)).toEqual([401]);
    } finally {
      await other.close();
      nextcloud.clearBruteForceAttempts();
    }
  });
});

describe('NextcloudService', () => {
  const service = (): NextcloudService => app.app.get(NextcloudService, { strict: false });

  it('N1, X-nc1: createUser and userExists decide by meta.statuscode', async () => {
    const user = { username: 'n1', password: PASSWORD, email: 'n1@clinic.example', displayName: 'N One' };
    expect(await service().userExists('n1')).toBe(false);
    expect(await service().createUser(user)).toBe('created');
    expect(await service().userExists('n1')).toBe(true);
    await expect(service().createUser(user)).rejects.toMatchObject({ code: 'nextcloud-user-exists' });
  });

  it('N1, X-nc2: healthCheck is not HTTP 200, and sends no credential', async () => {
    expect(await service().healthCheck()).toBe(true);
    nextcloud.faults.isInMaintenance = true;
    expect(await service().healthCheck()).toBe(false);
    nextcloud.faults.reset();
    nextcloud.faults.needsDbUpgrade = true;
    expect(await service().healthCheck()).toBe(false);
    nextcloud.faults.reset();
    nextcloud.faults.isHostUntrusted = true;
    expect(await service().healthCheck()).toBe(false);
    expect(nextcloud.requests.every(({ authorizationScheme }) => authorizationScheme === null)).toBe(true);
  });
});
