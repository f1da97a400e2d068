// Accounts that are closed, deactivated and deleted for good (bars S18, S29, S32; A22 of the data that is left).
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OneTimeTokens } from '../../../src/auth/login/one-time-tokens.ts';
import { Sealer } from '../../../src/secrets/sealer.ts';
import { call, createUser, login, type Problem, type TestUser } from '../../support/api.ts';
import { Canaries } from '../../support/canaries.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

let app: TestApp;
let admin: TestUser;

beforeAll(async () => {
  // No worker may take the jobs of these tests before the requests do.
  app = await startTestApp({ env: { PROCESS_ROLE: 'api' } });
  admin = await createUser(app, { isAdmin: true });
});
afterAll(() => app.close());

function asAdmin(route: string, json?: unknown) {
  return call<Problem>(app, route, { token: admin.access_token, json });
}

async function sql<Row extends object>(statement: string, values: unknown[] = []): Promise<Row[]> {
  return app.database.read((em) => em.execute<Row[]>(statement, values));
}

/** Every row of every table, also of the queue, as text by table. */
async function dump(): Promise<Map<string, string>> {
  const tables = await sql<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'pgboss')`,
  );
  const texts = new Map<string, string>();
  for (const { name } of tables) {
    const rows = await sql<{ row: string }>(`select t::text as row from ${name} t`);
    texts.set(name, rows.map(({ row }) => row).join('\n'));
  }
  return texts;
}

describe('a deactivated account', () => {
  it('S18: loses its links by mail and its half-finished logins', async () => {
    const user = await createUser(app);
    const tokens = app.app.get(OneTimeTokens, { strict: false });
    const token = await app.database.transaction((em) =>
      tokens.issue(em, { purpose: 'password-reset', userId: user.id, payload: {}, lifeSeconds: 600 }),
    );
    await asAdmin(`DELETE /api/users/${user.id}`);
    await asAdmin(`POST /api/users/${user.id}/reactivate`);
    expect(await app.database.transaction((em) => tokens.redeem(em, 'password-reset', token))).toBeNull();
  });

  it('S18: has no open job any more, whether it was queued or running', async () => {
    const user = await createUser(app);
    // Rows alone, unknown to the queue: no worker of this process may be quicker than the administrator.
    const [running, queued] = [randomUUID(), randomUUID()];
    for (const [id, state] of [
      [running, 'running'],
      [queued, 'queued'],
    ]) {
      await sql(
        `insert into jobs (id, user_id, kind, state, parameters, counters) values (?, ?, 'index-file', ?, '{}', '{}')`,
        [id, user.id, state],
      );
    }
    await asAdmin(`PUT /api/users/${user.id}`, { is_active: false });
    const rows = await sql<{ id: string; state: string; asked: boolean }>(
      'select id, state, cancel_requested_at is not null as asked from jobs where user_id = ?',
      [user.id],
    );
    expect(rows.every(({ asked }) => asked)).toBe(true);
    expect(rows.find(({ id }) => id === queued)?.state).toBe('cancelled');
    expect(rows.find(({ id }) => id === running)?.state).toBe('running');
  });
});

describe('DELETE /api/users/me', () => {
  it('S18: closes the own account at once, for every session of it', async () => {
    const user = await createUser(app);
    const elsewhere = await login(app, user);
    expect((await call(app, 'DELETE /api/users/me', { token: user.access_token })).status).toBe(204);
    for (const { access_token, refresh_token } of [user, elsewhere]) {
      expect((await call(app, 'GET /api/auth/me', { token: access_token })).status).toBe(401);
      expect((await call(app, 'POST /api/auth/refresh', { json: { refresh_token } })).status).toBe(401);
    }
    const { email, password } = user;
    expect((await call(app, 'POST /api/auth/login', { json: { email, password } })).status).toBe(401);
    const [event] = await sql<{ actor_id: string }>(
      `select actor_id from audit_events where action = 'user.deactivate' and target_id = ?`,
      [user.id],
    );
    expect(event?.actor_id).toBe(user.id);
  });

  it('is refused with 409 to the only administrator, and allowed once there is another', async () => {
    await sql('update users set is_admin = false where id <> ?', [admin.id]);
    const refused = await asAdmin('DELETE /api/users/me');
    expect([refused.status, refused.body.code]).toEqual([409, 'last-administrator']);
    const second = await createUser(app, { isAdmin: true });
    expect((await call(app, 'DELETE /api/users/me', { token: second.access_token })).status).toBe(204);
    expect((await asAdmin('GET /api/users')).status).toBe(200);
  });

  it('leaves one administrator when all of them close their accounts at the same time', async () => {
    const rivals = await Promise.all([1, 2, 3].map(() => createUser(app, { isAdmin: true })));
    await sql('update users set is_admin = false where id = ?', [admin.id]);
    const answers = await Promise.all(
      rivals.map(({ access_token: token }) => call<Problem>(app, 'DELETE /api/users/me', { token })),
    );
    const left = await sql('select id from users where is_admin and is_active');
    await sql('update users set is_admin = true where id = ?', [admin.id]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 204, 409]);
    expect(left).toHaveLength(1);
  });
});

describe('POST /api/users/{user_id}/erase', () => {
  it('deletes every trace of the account but its id in the audit trail', async () => {
    const canaries = new Canaries();
    const email = `${canaries.make('address').toLowerCase()}@clinic.example`;
    const user = await createUser(app, { email });
    const secret = canaries.make('sealed secret');
    await call(app, 'PUT /api/users/me', { token: user.access_token, json: { full_name: canaries.make('name') } });
    await app.database.transaction(async (em) => {
      const context = { ownerId: user.id, field: 'nextcloud_accounts.sealed_secret' };
      const sealed = await app.app.get(Sealer, { strict: false }).seal(em, secret, context);
      await em.execute(
        `insert into nextcloud_accounts (user_id, uid, login_name, scheme, sealed_secret, state)
         values (?, ?, ?, 'bearer', ?, 'linked')`,
        [user.id, canaries.make('uid'), canaries.make('login name'), sealed],
      );
      await em.execute(
        `insert into documents (id, user_id, source, file_id, path, title, source_type, media_type, seen_etag, seen_size,
           seen_upload_time, state)
         values (gen_random_uuid(), ?, 'nextcloud', '1', ?, ?, 'note', 'text/plain', 'e', 1, 1, 'indexed')`,
        [user.id, `/${canaries.make('path')}`, canaries.make('title')],
      );
      await em.execute(
        `insert into outgoing_mails (id, user_id, template, sealed_content, state)
         values (gen_random_uuid(), ?, 'password-changed', ?, 'sent')`,
        [user.id, sealed],
      );
    });
    const before = [...(await dump()).values()].join('\n');
    expect(canaries.foundIn(before)).toEqual(expect.arrayContaining(['address', 'name', 'path', 'title']));

    expect((await asAdmin(`DELETE /api/users/${user.id}`)).status).toBe(204);
    expect((await asAdmin(`POST /api/users/${user.id}/erase`)).status).toBe(204);

    const after = await dump();
    expect(canaries.foundIn([...after.values()].join('\n'))).toEqual([]);
    const tablesWithId = [...after].filter(([, text]) => text.includes(user.id)).map(([name]) => name);
    // What is still to be revoked in Nextcloud, for seven days at most.
    expect(tablesWithId).toEqual(['public.audit_events', 'public.nextcloud_revocations']);
    expect((await asAdmin(`GET /api/users/${user.id}`)).status).toBe(404);
    expect((await asAdmin(`POST /api/users/${user.id}/reactivate`)).status).toBe(404);
    const [event] = await sql<{ outcome: string; details: string }>(
      `select outcome, details::text from audit_events where action = 'user.erase' and target_id = ?`,
      [user.id],
    );
    expect(event).toEqual({ outcome: 'success', details: '{}' });
    await expect(createUser(app, { email })).resolves.toMatchObject({ email });
  });

  it('answers 409 for an account that is active, 404 for none, and 409 for the own', async () => {
    const user = await createUser(app);
    const active = await asAdmin(`POST /api/users/${user.id}/erase`);
    expect([active.status, active.body.code]).toEqual([409, 'account-active']);
    expect((await call(app, 'GET /api/auth/me', { token: user.access_token })).status).toBe(200);
    const none = await asAdmin('POST /api/users/019aab7c-2f10-7c3e-8d55-5a1f0c9b7e21/erase');
    expect([none.status, none.body.code]).toEqual([404, 'not-found']);
    const own = await asAdmin(`POST /api/users/${admin.id}/erase`);
    expect([own.status, own.body.code]).toEqual([409, 'self-protection']);
  });

  it('S29: answers 403 to everybody but administrators, and deletes nothing', async () => {
    const user = await createUser(app);
    const other = await createUser(app);
    await asAdmin(`DELETE /api/users/${user.id}`);
    const answer = await call<Problem>(app, `POST /api/users/${user.id}/erase`, { token: other.access_token });
    expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
    expect((await asAdmin(`GET /api/users/${user.id}`)).status).toBe(200);
  });
});
