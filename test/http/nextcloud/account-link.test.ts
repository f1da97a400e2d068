// Linking a Nextcloud account, by hand and by Login Flow v2 (bars S34, S53; seed rows N8, N9).
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { NEXTCLOUD_FILES } from '../../../src/indexing/sources/document-source.types.ts';
import { DocumentSources } from '../../../src/indexing/sources/document-sources.ts';
import { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, createUser, type Answer, type Problem, type TestUser } from '../../support/api.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';
import { until } from '../../support/until.ts';

interface AccountBody extends Problem {
  readonly uid: string;
  readonly login_name: string;
  readonly state: string;
  readonly link_id: string;
  readonly login_url: string;
  readonly revocation: string;
}

const { signal } = new AbortController();

let nextcloud: NextcloudDouble;
let app: TestApp;
let user: TestUser;
let other: TestUser;

beforeAll(async () => {
  nextcloud = await NextcloudDouble.start();
  nextcloud.addUser({ uid: 'testdoc', password: 'not-used', displayName: 'Test Doctor', loginName: 'doctor@clinic' });
  nextcloud.addUser({ uid: 'nurse', password: 'not-used' });
  app = await startTestApp({ env: { NEXTCLOUD_URL: nextcloud.url } });
  user = await createUser(app);
  other = await createUser(app);
});
afterAll(async () => {
  await app.close();
  await nextcloud.stop();
});
beforeEach(() => nextcloud.clearRequests());

function api(route: string, json?: unknown, who: TestUser = user): Promise<Answer<AccountBody>> {
  return call<AccountBody>(app, route, { token: who.access_token, json });
}

const link = (loginName: string, appPassword: string, who?: TestUser) =>
  api('PUT /api/integrations/nextcloud/account', { login_name: loginName, app_password: appPassword }, who);

const dump = async (): Promise<string> => {
  const rows = await app.database.read((em) =>
    em.execute<{ row: string }[]>(
      `select row_to_json(a)::text as row from nextcloud_accounts a
       union all select row_to_json(l)::text from nextcloud_links l
       union all select row_to_json(e)::text from audit_events e`,
    ),
  );
  return rows.map((each) => each.row).join('\n');
};

describe('PUT /api/integrations/nextcloud/account', () => {
  it('answers 409 account-not-linked while nothing is linked', async () => {
    const answer = await api('GET /api/integrations/nextcloud/account');
    expect(answer.status).toBe(409);
    expect(answer.body.code).toBe('account-not-linked');
  });

  it('tries a wrong app password once as Bearer and once as Basic, and answers 403', async () => {
    const answer = await link('doctor@clinic', 'Wrong-Wrong-Wrong');
    expect(answer.status).toBe(403);
    expect(answer.body.code).toBe('account-link-invalid');
    expect(nextcloud.requests.map((request) => request.authorizationScheme)).toEqual(['bearer', 'basic']);
  });

  it('links by Bearer without any Basic request, and learns the user id behind the login name', async () => {
    const secret = nextcloud.createAppPassword('testdoc');
    const answer = await link('doctor@clinic', secret);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ uid: 'testdoc', login_name: 'doctor@clinic', state: 'linked' });
    expect(answer.text).not.toContain(secret);
    expect(new Set(nextcloud.requests.map((request) => request.authorizationScheme))).toEqual(new Set(['bearer']));
  });

  it('S53 keeps the app password sealed: not plain, base64 or hex in the database', async () => {
    const secret = nextcloud.createAppPassword('testdoc');
    await link('doctor@clinic', secret);
    const before = await dump();
    await link('doctor@clinic', secret);
    const text = before + (await dump());
    for (const form of [secret, Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('hex')]) {
      expect(text).not.toContain(form);
    }
    const sealed = [...text.matchAll(/"sealed_secret":"([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(sealed).size).toBe(2);
  });

  it('F10 exchanges the password of a user for an app password, which alone is kept, used and revoked', async () => {
    const owner = await createUser(app);
    nextcloud.addUser({ uid: 'plain', password: 'Sehr-geheim-2026' });
    expect((await link('plain', 'Sehr-geheim-2026', owner)).status).toBe(200);
    nextcloud.clearRequests();
    // The password is changed in Nextcloud; the link does not care.
    nextcloud.addUser({ uid: 'plain', password: 'Noch-geheimer-2026' });
    expect((await api('GET /api/integrations/files', undefined, owner)).status).toBe(200);
    expect(new Set(nextcloud.requests.map((request) => request.authorizationScheme))).toEqual(new Set(['bearer']));
    expect((await api('DELETE /api/integrations/nextcloud/account', undefined, owner)).body).toMatchObject({
      revocation: 'revoked',
    });
  });

  it.each([
    ['gives none', { status: 200, body: '{"ocs":{"meta":{"statuscode":200},"data":{}}}' }, 'app-password-required'],
    ['fails', { status: 500, body: 'broken' }, 'upstream-unavailable'],
  ])('F10 keeps no password where Nextcloud %s', async (_, answer, code) => {
    const owner = await createUser(app);
    nextcloud.addUser({ uid: 'stubborn', password: 'Sehr-geheim-2026' });
    nextcloud.faults.scripted.push({
      path: '/core/getapppassword',
      headers: { 'content-type': 'application/json' },
      ...answer,
    });
    expect((await link('stubborn', 'Sehr-geheim-2026', owner)).body.code).toBe(code);
    expect((await api('GET /api/integrations/nextcloud/account', undefined, owner)).body.code).toBe(
      'account-not-linked',
    );
    nextcloud.faults.reset();
  });

  it('S29 shows nobody the account of somebody else', async () => {
    const answer = await api('GET /api/integrations/nextcloud/account', undefined, other);
    expect(answer.body.code).toBe('account-not-linked');
  });

  it.each([
    [{ login_name: '', app_password: 'x' }, '/login_name'],
    [{ login_name: 'a\nb', app_password: 'x' }, '/login_name'],
    [{ login_name: 'a', app_password: 'x'.repeat(256) }, '/app_password'],
    [{ login_name: 'a', app_password: 7 }, '/app_password'],
    [{ login_name: 'a', app_password: 'x', base_url: 'http://evil' }, '/base_url'],
  ])('answers 422 for %j and asks Nextcloud nothing', async (json, pointer) => {
    const answer = await api('PUT /api/integrations/nextcloud/account', json);
    expect(answer.status).toBe(422);
    expect(answer.body.errors?.map((error) => error.pointer)).toContain(pointer);
    expect(nextcloud.requests).toEqual([]);
  });
});

describe('POST /api/integrations/nextcloud/link (Login Flow v2)', () => {
  it('is pending until access is granted, then linked', async () => {
    const started = await api('POST /api/integrations/nextcloud/link', {}, other);
    expect(started.status).toBe(201);
    const { link_id: id, login_url: url } = started.body;
    expect(url).toMatch(new RegExp(`^${nextcloud.url}/`));
    const read = () => api(`GET /api/integrations/nextcloud/link/${id}`, undefined, other);
    expect((await read()).body.state).toBe('pending');
    nextcloud.grantLogin(url, 'nurse');
    await until(async () => (await read()).body.state === 'linked');
    expect((await api('GET /api/integrations/nextcloud/account', undefined, other)).body.uid).toBe('nurse');
    expect(await dump()).toMatch(/"sealed_poll_token":""/);
  });

  it('S29 answers 404 for a flow of somebody else', async () => {
    const started = await api('POST /api/integrations/nextcloud/link', {}, other);
    const answer = await api(`GET /api/integrations/nextcloud/link/${started.body.link_id}`);
    expect(answer.status).toBe(404);
  });
});

describe('acting for a user', () => {
  it("S34 sends the user's own credential on the user's own path, and never the administrator's", async () => {
    nextcloud.putFile('nurse', '/note.md', 'hello');
    const session = await app.app.get(DocumentSources).of(NEXTCLOUD_FILES).openSession(other.id);
    const entry = await session.stat('/note.md', signal);
    expect(entry.size).toBe(5);
    const [request] = nextcloud.requests.filter(({ path }) => path.startsWith('/remote.php/'));
    expect(request?.path).toBe('/remote.php/dav/files/nurse/note.md');
    expect(request?.authenticatedUid).toBe('nurse');
  });

  it('never tries a credential again once Nextcloud has refused it', async () => {
    const secret = nextcloud.createAppPassword('nurse');
    await api('DELETE /api/integrations/nextcloud/account', undefined, other);
    await link('nurse', secret, other);
    nextcloud.revokeAppPassword(secret);
    const source = app.app.get(DocumentSources).of(NEXTCLOUD_FILES);
    const session = await source.openSession(other.id);
    nextcloud.clearRequests();
    await expect(session.stat('/note.md', signal)).rejects.toMatchObject({ code: 'account-link-invalid' });
    await expect(source.openSession(other.id)).rejects.toMatchObject({ code: 'account-link-invalid' });
    expect(nextcloud.requests.filter(({ path }) => !path.includes('/login/v2/'))).toHaveLength(1);
    expect((await api('GET /api/integrations/nextcloud/account', undefined, other)).body.state).toBe('invalid');
    expect(await source.usersWithSource()).not.toContain(other.id);
  });

  it('tells a disabled account apart from a refused one', async () => {
    await link('nurse', nextcloud.createAppPassword('nurse'), other);
    const session = await app.app.get(DocumentSources).of(NEXTCLOUD_FILES).openSession(other.id);
    nextcloud.disableUser('nurse');
    await expect(session.stat('/note.md', signal)).rejects.toMatchObject({ code: 'account-suspended' });
    nextcloud.enableUser('nurse');
    expect((await api('GET /api/integrations/nextcloud/account', undefined, other)).body.state).toBe('suspended');
  });
});

describe('DELETE /api/integrations/nextcloud/account', () => {
  it('revokes the app password in Nextcloud and forgets the account', async () => {
    const secret = nextcloud.createAppPassword('testdoc');
    await link('doctor@clinic', secret);
    const answer = await api('DELETE /api/integrations/nextcloud/account');
    expect(answer.body.revocation).toBe('revoked');
    expect((await api('GET /api/integrations/nextcloud/account')).status).toBe(409);
    expect((await link('doctor@clinic', secret)).status).toBe(403);
  });

  it('forgets the account also while Nextcloud is away, and says so', async () => {
    await link('doctor@clinic', nextcloud.createAppPassword('testdoc'));
    nextcloud.faults.isInMaintenance = true;
    const answer = await api('DELETE /api/integrations/nextcloud/account');
    nextcloud.faults.isInMaintenance = false;
    expect(answer.status).toBe(200);
    expect(answer.body.revocation).toBe('pending');
  });
});

describe('S57 audit', () => {
  it('has rows for linking, refusal, unlinking and each call to Nextcloud, without any name or path', async () => {
    const rows = await app.database.read((em) =>
      em.execute<{ action: string; outcome: string; details: object }[]>(
        `select action, outcome, details from audit_events where action like 'nextcloud.%'`,
      ),
    );
    const actions = new Set(rows.map((row) => `${row.action} ${row.outcome}`));
    for (const wanted of [
      'nextcloud.link success',
      'nextcloud.link failure',
      'nextcloud.unlink success',
      'nextcloud.refused failure',
      'nextcloud.stat success',
      'nextcloud.stat failure',
    ]) {
      expect(actions).toContain(wanted);
    }
    expect(JSON.stringify(rows)).not.toMatch(/note\.md|doctor@clinic/);
  });
});
