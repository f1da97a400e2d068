// The own sessions: seen, named, ended (S19, S29, S20), and forgotten when they are long over.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SessionCleanup } from '../../../src/auth/sessions/session-cleanup.task.ts';
import { call, createUser, login, type Problem, type TestUser, type Tokens } from '../../support/api.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

interface Session {
  readonly id: string;
  readonly name: string | null;
  readonly is_current: boolean;
  readonly created_at: string;
  readonly last_used_at: string;
  readonly expires_at: string;
  readonly address: string;
  readonly user_agent: string | null;
  readonly methods: readonly string[];
}

let app: TestApp;
let user: TestUser;
let other: TestUser;

beforeAll(async () => {
  app = await startTestApp({ env: { SESSION_IDLE_MINUTES: '60' } });
  user = await createUser(app);
  other = await createUser(app);
});
afterAll(() => app.close());

async function sessionsOf({ access_token }: Tokens): Promise<Session[]> {
  return (await call<{ sessions: Session[] }>(app, 'GET /api/auth/sessions', { token: access_token })).body.sessions;
}

async function idOf(tokens: Tokens): Promise<string> {
  return (await sessionsOf(tokens)).find(({ is_current }) => is_current)?.id ?? '';
}

async function isAlive({ access_token, refresh_token }: Tokens): Promise<boolean> {
  const me = (await call(app, 'GET /api/auth/session', { token: access_token })).status;
  if (me === 200) return true;
  const refreshed = (await call(app, 'POST /api/auth/refresh', { json: { refresh_token } })).status;
  expect([me, refreshed]).toEqual([401, 401]);
  return false;
}

function sql<Row>(statement: string, values: unknown[] = []): Promise<Row[]> {
  return app.database.read((em) => em.execute<Row[]>(statement, values));
}

describe('GET /api/auth/sessions', () => {
  it('S19 lists every living session of the caller and marks the one of the request', async () => {
    const tablet = await login(app, user);
    const sessions = await sessionsOf(tablet);
    expect(sessions.length).toBeGreaterThanOrEqual(2);
    expect(sessions.filter(({ is_current }) => is_current)).toHaveLength(1);
    expect(sessions[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: null,
      is_current: true,
      created_at: expect.any(String),
      last_used_at: expect.any(String),
      expires_at: expect.any(String),
      address: '127.0.0.1',
      user_agent: expect.any(String),
      methods: ['pwd'],
    });
    const { created_at, expires_at } = sessions[0]!;
    expect(Date.parse(expires_at) - Date.parse(created_at)).toBe(7 * 24 * 3600 * 1000);
  });

  it('S29 names no session of somebody else, and none that has ended, expired or is idle (S20)', async () => {
    const owner = await createUser(app);
    const [ended, expired, idle] = [await login(app, owner), await login(app, owner), await login(app, owner)];
    const ids = await Promise.all([ended, expired, idle].map(idOf));
    await call(app, 'POST /api/auth/logout', { token: ended.access_token });
    await sql("update sessions set expires_at = now() - interval '1 second' where id = ?", [ids[1]]);
    await sql("update sessions set last_used_at = now() - interval '61 minutes' where id = ?", [ids[2]]);
    const listed = await sessionsOf(owner);
    expect(listed.map(({ id }) => id)).toEqual([await idOf(owner)]);
    expect((await sessionsOf(other)).map(({ id }) => id)).not.toContain(listed[0]?.id);
  });

  it('tells the last refresh as the last use, and a request with the access token is none', async () => {
    const device = await login(app, user);
    const id = await idOf(device);
    await sql("update sessions set last_used_at = now() - interval '10 minutes' where id = ?", [id]);
    const read = async (): Promise<number> =>
      Date.parse((await sessionsOf(device)).find((each) => each.id === id)?.last_used_at ?? '');
    const before = await read();
    await call(app, 'GET /api/auth/me', { token: device.access_token });
    expect(await read()).toBe(before);
    await call(app, 'POST /api/auth/refresh', { json: { refresh_token: device.refresh_token } });
    expect(await read()).toBeGreaterThan(before);
  });
});

describe('PATCH /api/auth/sessions/{id}', () => {
  it('gives a session a name, and takes it away with null', async () => {
    const id = await idOf(user);
    const path = `PATCH /api/auth/sessions/${id}`;
    const named = await call(app, path, { token: user.access_token, json: { name: 'Tablet on ward 3' } });
    expect([named.status, named.body['name'], named.body['is_current']]).toEqual([200, 'Tablet on ward 3', true]);
    expect((await sessionsOf(user)).find((each) => each.id === id)?.name).toBe('Tablet on ward 3');
    const unnamed = await call(app, path, { token: user.access_token, json: { name: null } });
    expect([unnamed.status, unnamed.body['name']]).toEqual([200, null]);
  });

  it.each([[{}], [{ name: '' }], [{ name: ' ' }], [{ name: 'a\u0000b' }], [{ name: 'x'.repeat(101) }], [{ name: 7 }]])(
    'answers 422 to %j',
    async (json) => {
      const path = `PATCH /api/auth/sessions/${await idOf(user)}`;
      expect((await call(app, path, { token: user.access_token, json })).status).toBe(422);
    },
  );

  it.each([{ user_id: 'x' }, { expires_at: '2099-01-01T00:00:00Z' }, { methods: ['mfa'] }, { is_current: true }])(
    'S32 takes no other field: %j',
    async (extra) => {
      const path = `PATCH /api/auth/sessions/${await idOf(user)}`;
      const answer = await call(app, path, { token: user.access_token, json: { name: 'n', ...extra } });
      expect(answer.status).toBe(422);
    },
  );
});

describe('DELETE /api/auth/sessions', () => {
  it('S19 ends one session, and exactly that one', async () => {
    const [one, two] = [await login(app, user), await login(app, user)];
    const answer = await call(app, `DELETE /api/auth/sessions/${await idOf(one)}`, { token: two.access_token });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(await isAlive(one)).toBe(false);
    expect(await isAlive(two)).toBe(true);
    expect(await isAlive(user)).toBe(true);
  });

  it('ends the session of the request as well when it is named, and no session twice', async () => {
    const device = await login(app, user);
    const id = await idOf(device);
    expect((await call(app, `DELETE /api/auth/sessions/${id}`, { token: device.access_token })).status).toBe(204);
    expect(await isAlive(device)).toBe(false);
    expect((await call(app, `DELETE /api/auth/sessions/${id}`, { token: user.access_token })).status).toBe(404);
    const events = await sql("select 1 from audit_events where action = 'session.end' and target_id = ?", [id]);
    expect(events).toHaveLength(1);
  });

  it('S19 ends all others: every session of the caller but the one of the request, and none of anybody else', async () => {
    const owner = await createUser(app);
    const devices = [await login(app, owner), await login(app, owner)];
    expect((await call(app, 'DELETE /api/auth/sessions', { token: owner.access_token })).status).toBe(204);
    expect(await Promise.all(devices.map(isAlive))).toEqual([false, false]);
    expect(await isAlive(owner)).toBe(true);
    expect(await isAlive(other)).toBe(true);
    expect(await sessionsOf(owner)).toHaveLength(1);
  });

  it('S19 is ended by an administrator: every session of one user and of nobody else', async () => {
    const admin = await createUser(app, { isAdmin: true });
    const owner = await createUser(app);
    const device = await login(app, owner);
    const path = `POST /api/users/${owner.id}/sessions/revoke`;
    expect((await call(app, path, { token: admin.access_token })).status).toBe(204);
    expect(await Promise.all([owner, device].map(isAlive))).toEqual([false, false]);
    expect(await isAlive(other)).toBe(true);
  });

  it("S29 answers 404 to another user's session, which lives on, and records who asked", async () => {
    const id = await idOf(user);
    const token = other.access_token;
    const answers = await Promise.all([
      call<Problem>(app, `DELETE /api/auth/sessions/${id}`, { token }),
      call<Problem>(app, `PATCH /api/auth/sessions/${id}`, { token, json: { name: 'mine' } }),
      call<Problem>(app, `DELETE /api/auth/sessions/${randomUUID()}`, { token }),
      call<Problem>(app, 'DELETE /api/auth/sessions/none', { token }),
    ]);
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(Array(4).fill([404, 'not-found']));
    expect(await isAlive(user)).toBe(true);
    expect((await sessionsOf(user)).find((each) => each.id === id)?.name).toBeNull();
    const denials = await sql(
      "select 1 from audit_events where actor_id = ? and outcome = 'denied' and target_id = ?",
      [other.id, id],
    );
    expect(denials).toHaveLength(2);
  });
});

describe('sessions that are over', () => {
  it('are forgotten 30 days after their end, with their refresh tokens, and no earlier; one-time tokens when they expire', async () => {
    const owner = await createUser(app);
    const insert = async (expires: string, ended: string): Promise<string> => {
      const id = randomUUID();
      await sql(
        `insert into sessions (id, user_id, expires_at, ended_at, address) values (?, ?, now() + ?::interval, now() + ?::interval, 'x')`,
        [id, owner.id, expires, ended],
      );
      await sql('insert into refresh_tokens (token_hash, session_id) values (?, ?)', [id, id]);
      return id;
    };
    const long = await insert('7 days', '-31 days');
    const lately = await insert('7 days', '-29 days');
    const expiredLong = await insert('-31 days', '-31 days');
    await sql(
      `insert into one_time_tokens (token_hash, purpose, sealed_payload, expires_at)
       values ('gone', 'invitation', '', now() - interval '1 second'), ('good', 'invitation', '', now() + interval '1 hour')`,
    );
    await app.app.get(SessionCleanup, { strict: false }).run();
    const left = await sql<{ id: string }>('select id from sessions where user_id = ? and id in (?, ?, ?)', [
      owner.id,
      long,
      lately,
      expiredLong,
    ]);
    expect(left.map(({ id }) => id)).toEqual([lately]);
    const tokens = await sql('select 1 from refresh_tokens where token_hash in (?, ?)', [long, expiredLong]);
    expect(tokens).toEqual([]);
    const oneTime = await sql("select token_hash from one_time_tokens where token_hash in ('gone', 'good')");
    expect(oneTime).toEqual([{ token_hash: 'good' }]);
    expect(await isAlive(owner)).toBe(true);
  });
});
