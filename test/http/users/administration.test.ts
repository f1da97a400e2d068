// Administration of accounts (bars S18, S28, S29; self-protection).
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { call, createUser, login, type Problem, type TestUser, type Tokens } from '../../support/api.ts';
import { sharedTestApp, type TestApp } from '../../support/test-app.ts';

interface UserBody extends Problem {
  readonly id: string;
  readonly is_active: boolean;
  readonly role: string;
  readonly full_name: string | null;
}

interface PageBody {
  readonly users: UserBody[];
  readonly next_cursor: string | null;
}

let app: TestApp;
let admin: TestUser;

beforeAll(async () => {
  app = await sharedTestApp();
  admin = await createUser(app, { isAdmin: true });
});
afterAll(() => app.close());

function asAdmin(route: string, json?: unknown) {
  return call<UserBody>(app, route, { token: admin.access_token, json });
}

async function statusOfMe(token: string): Promise<number> {
  return (await call(app, 'GET /api/auth/me', { token })).status;
}

async function statusOfRefresh({ refresh_token }: Tokens): Promise<number> {
  return (await call(app, 'POST /api/auth/refresh', { json: { refresh_token } })).status;
}

async function actionsOn(targetId: string): Promise<string[]> {
  const rows = await app.database.read((em) =>
    em.execute<{ action: string }[]>(
      'select action from audit_events where target_id = ? and actor_id = ? order by sequence',
      [targetId, admin.id],
    ),
  );
  return rows.map((row) => row.action);
}

describe('a user who holds valid tokens', () => {
  let user: TestUser;
  beforeEach(async () => {
    user = await createUser(app);
  });

  it.each([
    ['deactivates', 'PUT', { is_active: false }],
    ['deletes', 'DELETE', undefined],
  ])('S18 is refused on the next request when an administrator %s the account', async (_, method, json) => {
    const answer = await asAdmin(`${method} /api/users/${user.id}`, json);
    expect([200, 204]).toContain(answer.status);
    expect(await statusOfMe(user.access_token)).toBe(401);
    expect(await statusOfRefresh(user)).toBe(401);
    const again = await call<Problem>(app, 'POST /api/auth/login', {
      json: { email: user.email, password: user.password },
    });
    expect([again.status, again.body.code]).toEqual([401, 'invalid-credentials']);
    expect(await actionsOn(user.id)).toEqual(['user.deactivate']);
  });

  it('S18 does not get the old sessions back when the account is activated again', async () => {
    await asAdmin(`DELETE /api/users/${user.id}`);
    const answer = await asAdmin(`POST /api/users/${user.id}/reactivate`);
    expect(answer.body.is_active).toBe(true);
    expect(await statusOfMe(user.access_token)).toBe(401);
    expect(await statusOfRefresh(user)).toBe(401);
    expect(await statusOfMe((await login(app, user)).access_token)).toBe(200);
  });

  it('S18 loses the administrator role on the next request when it is withdrawn', async () => {
    await asAdmin(`PUT /api/users/${user.id}`, { is_admin: true });
    const promoted = await login(app, user);
    expect((await call(app, 'GET /api/users', { token: promoted.access_token })).status).toBe(200);
    await asAdmin(`PUT /api/users/${user.id}`, { is_admin: false });
    expect((await call(app, 'GET /api/users', { token: promoted.access_token })).status).toBe(401);
    const demoted = await login(app, user);
    expect((await call(app, 'GET /api/users', { token: demoted.access_token })).status).toBe(403);
    expect(await actionsOn(user.id)).toEqual(['user.role-change', 'user.role-change']);
  });

  it('S18 takes the role from the account and not from the token', async () => {
    await app.database.read((em) => em.execute('update users set is_admin = true where id = ?', [user.id]));
    expect((await call(app, 'GET /api/users', { token: user.access_token })).status).toBe(200);
    await app.database.read((em) => em.execute('update users set is_admin = false where id = ?', [user.id]));
    expect((await call(app, 'GET /api/users', { token: user.access_token })).status).toBe(403);
  });

  it('loses every session when an administrator revokes them, and may log in again', async () => {
    const elsewhere = await login(app, user);
    expect((await asAdmin(`POST /api/users/${user.id}/sessions/revoke`)).status).toBe(204);
    for (const tokens of [user, elsewhere]) {
      expect(await statusOfMe(tokens.access_token)).toBe(401);
      expect(await statusOfRefresh(tokens)).toBe(401);
    }
    expect(await statusOfMe((await login(app, user)).access_token)).toBe(200);
  });

  it('keeps the sessions when only the name changes', async () => {
    const answer = await asAdmin(`PUT /api/users/${user.id}`, { full_name: 'New Name', is_active: true });
    expect([answer.status, answer.body.full_name]).toEqual([200, 'New Name']);
    expect(await statusOfMe(user.access_token)).toBe(200);
  });

  it('S28 S29 is answered 403 on every route for administrators, also about itself, and each try is audited', async () => {
    const routes: [string, unknown?][] = [
      ['GET /api/users'],
      [`GET /api/users/${user.id}`],
      [`GET /api/users/${admin.id}`],
      [`PUT /api/users/${user.id}`, { is_admin: true }],
      [`DELETE /api/users/${admin.id}`],
      [`POST /api/users/${user.id}/reactivate`],
      [`POST /api/users/${admin.id}/sessions/revoke`],
      ['GET /api/admin/audit'],
      ['GET /api/admin/audit/verify'],
    ];
    for (const [route, json] of routes) {
      const answer = await call<Problem>(app, route, { token: user.access_token, json });
      expect([route, answer.status, answer.body.code]).toEqual([route, 403, 'forbidden']);
    }
    const denials = await app.database.read((em) =>
      em.execute<{ target_id: string; outcome: string }[]>(
        "select target_id, outcome from audit_events where actor_id = ? and action = 'access.denied' order by sequence",
        [user.id],
      ),
    );
    expect(denials).toHaveLength(routes.length);
    expect(denials[1]).toEqual({ target_id: 'GET /api/users/:user_id', outcome: 'denied' });
    expect(await statusOfMe(admin.access_token)).toBe(200);
  });
});

describe('an administrator', () => {
  it.each([
    ['PUT', { is_active: false }],
    ['PUT', { is_admin: false }],
    ['DELETE', undefined],
  ])('is kept from locking himself out: %s %j answers 409', async (method, json) => {
    const answer = await asAdmin(`${method} /api/users/${admin.id}`, json);
    expect([answer.status, answer.body.code]).toEqual([409, 'self-protection']);
    expect(await statusOfMe(admin.access_token)).toBe(200);
  });

  it('cannot demote another who demotes him at the same time: one administrator is left', async () => {
    const rivals = [await createUser(app, { isAdmin: true }), await createUser(app, { isAdmin: true })] as const;
    const demote = (from: TestUser, whom: TestUser) =>
      call(app, `PUT /api/users/${whom.id}`, { token: from.access_token, json: { is_admin: false } });
    await Promise.all([demote(rivals[0], rivals[1]), demote(rivals[1], rivals[0])]);
    const [row] = await app.database.read((em) =>
      em.execute<{ count: string }[]>('select count(*) from users where is_admin and id in (?, ?)', [
        rivals[0].id,
        rivals[1].id,
      ]),
    );
    expect(Number(row?.count)).toBe(1);
  });

  it('reads an account, which is audited, and gets 404 for one that does not exist', async () => {
    const user = await createUser(app);
    const answer = await asAdmin(`GET /api/users/${user.id}`);
    expect([answer.status, answer.body.id]).toEqual([200, user.id]);
    expect(answer.text).not.toContain('$2b$');
    expect(await actionsOn(user.id)).toEqual(['user.read']);
    for (const route of ['GET', 'DELETE', 'PUT']) {
      const missing = await asAdmin(
        `${route} /api/users/019aab7c-2f10-7c3e-8d55-5a1f0c9b7e21`,
        route === 'PUT' ? {} : undefined,
      );
      expect([route, missing.status, missing.body.code]).toEqual([route, 404, 'not-found']);
    }
  });

  it('gets 422 for a user id that is none', async () => {
    const answer = await asAdmin('GET /api/users/1');
    expect([answer.status, answer.body.errors?.[0]?.parameter]).toEqual([422, 'user_id']);
  });

  it('reads the list in pages that neither repeat nor lose an account while others are added', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    let pages = 0;
    while (cursor !== null) {
      const query: string = cursor === '' ? '?limit=2' : `?limit=2&cursor=${cursor}`;
      const page = await call<PageBody>(app, `GET /api/users${query}`, { token: admin.access_token });
      expect(page.body.users.length).toBeLessThanOrEqual(2);
      seen.push(...page.body.users.map((user) => user.id));
      cursor = page.body.next_cursor;
      if (pages === 0) await createUser(app);
      pages += 1;
    }
    const [row] = await app.database.read((em) => em.execute<{ count: string }[]>('select count(*) from users'));
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBe(Number(row?.count));
  });

  it('X-auth15: finds accounts by part of the address or the name, taken literally, in a stable order', async () => {
    const mark = `m${randomUUID().slice(0, 8)}`;
    const found: string[] = [];
    for (const name of ['Ana_Duarte', 'AnaXDuarte', '100% Sure']) {
      const { id } = await createUser(app, { email: `${name.replaceAll(/\W/g, '')}.${mark}@clinic.example` });
      await asAdmin(`PUT /api/users/${id}`, { full_name: `${name} ${mark}` });
      found.push(id);
    }
    const search = async (text: string, more = ''): Promise<string[]> => {
      const path = `GET /api/users?search=${encodeURIComponent(text)}${more}`;
      const page = await call<PageBody>(app, path, { token: admin.access_token });
      return page.body.users.map(({ id }) => id);
    };
    expect(await search(mark.toUpperCase())).toEqual(found);
    expect(await search(`ana_duarte ${mark}`)).toEqual([found[0]]);
    expect(await search(`% sure ${mark}`)).toEqual([found[2]]);
    expect(await search(`\\_duarte ${mark}`)).toEqual([]);
    await asAdmin(`DELETE /api/users/${found[1]}`);
    await asAdmin(`PUT /api/users/${found[2]}`, { is_admin: true });
    expect(await search(mark, '&is_active=false')).toEqual([found[1]]);
    expect(await search(mark, '&is_admin=true')).toEqual([found[2]]);
    expect(await search(mark, '&is_active=true&is_admin=false')).toEqual([found[0]]);
    const first = await call<PageBody>(app, `GET /api/users?search=${mark}&limit=2`, { token: admin.access_token });
    expect(await search(mark, `&limit=2&cursor=${first.body.next_cursor ?? ''}`)).toEqual([found[2]]);
  });

  it.each([
    'search=',
    `search=${'x'.repeat(101)}`,
    'search=%00',
    'search=a&search=b',
    'is_active=1',
    'is_admin=yes',
    'limit=0',
    'limit=101',
    'limit=x',
    'limit=1.5',
    'limit=',
    'cursor=x',
    "cursor=' or 1=1",
    'page=1',
    'limit=1&limit=2',
  ])('gets 422 for the query %s', async (query) => {
    expect((await asAdmin(`GET /api/users?${encodeURI(query).replace('%2500', '%00')}`)).status).toBe(422);
  });

  it.each([
    { email: 'other@clinic.example' },
    { hashed_password: 'x' },
    { is_active: 'false' },
    { is_admin: 1 },
    { is_admin: null },
    { role: 'admin' },
    { sessions_not_before: null },
  ])('S32 gets 422 for the change %j', async (json) => {
    expect((await asAdmin(`PUT /api/users/${admin.id}`, json)).status).toBe(422);
  });
});

describe('PUT /api/users/me', () => {
  it('changes the name, removes it with null, and leaves it when absent', async () => {
    const user = await createUser(app);
    const put = (json: unknown) => call<UserBody>(app, 'PUT /api/users/me', { token: user.access_token, json });
    expect((await put({ full_name: 'Ana' })).body.full_name).toBe('Ana');
    expect((await put({})).body.full_name).toBe('Ana');
    expect((await put({ full_name: null })).body.full_name).toBeNull();
    expect((await call(app, 'GET /api/users/me', { token: user.access_token })).body['full_name']).toBeNull();
  });

  it.each([
    { is_admin: true },
    { role: 'admin' },
    { id: '019aab7c-2f10-7c3e-8d55-5a1f0c9b7e21' },
    { hashed_password: 'x' },
    { email: 'new@clinic.example' },
    { email_verified: true },
    { full_name: 'a\0b' },
    { full_name: ['a'] },
    { full_name: 'x'.repeat(256) },
  ])('S32 refuses %j with 422 and changes nothing', async (json) => {
    const before = await call(app, 'GET /api/users/me', { token: admin.access_token });
    const answer = await call(app, 'PUT /api/users/me', { token: admin.access_token, json });
    expect(answer.status).toBe(422);
    expect((await call(app, 'GET /api/users/me', { token: admin.access_token })).body).toEqual(before.body);
  });
});
