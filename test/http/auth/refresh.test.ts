// Rotation of refresh tokens and the end of sessions (bars S15, S16, S20, S68).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, createUser, type Problem, type TestUser, type Tokens } from '../../support/api.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const GRACE_SECONDS = 20;

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ env: { REFRESH_GRACE_SECONDS: String(GRACE_SECONDS), SESSION_IDLE_MINUTES: '60' } });
});
afterAll(() => app.close());

function refresh(token: string) {
  return call<Tokens & Problem>(app, 'POST /api/auth/refresh', { json: { refresh_token: token } });
}

async function statusOfMe(token: string): Promise<number> {
  return (await call(app, 'GET /api/auth/me', { token })).status;
}

/** Moves what a session remembers of time into the past, as if the seconds had gone by. */
async function letPass(user: TestUser, seconds: number): Promise<void> {
  await app.database.read(async (em) => {
    await em.execute(
      `update refresh_tokens set used_at = used_at - ? * interval '1 second'
       where session_id in (select id from sessions where user_id = ?)`,
      [seconds, user.id],
    );
    await em.execute(
      `update sessions set created_at = created_at - ? * interval '1 second',
         last_used_at = last_used_at - ? * interval '1 second', expires_at = expires_at - ? * interval '1 second'
       where user_id = ?`,
      [seconds, seconds, seconds, user.id],
    );
  });
}

async function auditOf(user: TestUser, action: string): Promise<unknown[]> {
  return app.database.read((em) =>
    em.execute('select * from audit_events where actor_id = ? and action = ?', [user.id, action]),
  );
}

describe('POST /api/auth/refresh', () => {
  it('X-auth3 answers with a new pair each time: no two tokens are alike, also within one second', async () => {
    const user = await createUser(app);
    const next = (await refresh(user.refresh_token)).body;
    const after = (await refresh(next.refresh_token)).body;
    const tokens = [user, next, after].flatMap((pair) => [pair.access_token, pair.refresh_token]);
    expect(new Set(tokens).size).toBe(6);
    expect(after).toMatchObject({ token_type: 'bearer', expires_in: 900 });
    expect(await statusOfMe(after.access_token)).toBe(200);
  });

  it('S15 X-auth2 ends the whole session when a used token comes back after the grace time', async () => {
    const user = await createUser(app);
    const next = (await refresh(user.refresh_token)).body;
    await letPass(user, GRACE_SECONDS + 1);
    const reuse = await refresh(user.refresh_token);
    expect([reuse.status, reuse.body.code]).toEqual([401, 'invalid-refresh-token']);
    expect((await refresh(next.refresh_token)).status).toBe(401);
    expect(await statusOfMe(next.access_token)).toBe(401);
    expect(await statusOfMe(user.access_token)).toBe(401);
    expect(await auditOf(user, 'token.reuse')).toHaveLength(1);
  });

  it('S16 gives a client that races with itself one and the same successor', async () => {
    const user = await createUser(app);
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(user.refresh_token)));
    expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(200));
    expect(new Set(answers.map((answer) => answer.body.refresh_token)).size).toBe(1);
    const [{ count } = { count: '' }] = await app.database.read((em) =>
      em.execute<{ count: string }[]>(
        `select count(*) from refresh_tokens r join sessions s on s.id = r.session_id
         where s.user_id = ? and r.used_at is null`,
        [user.id],
      ),
    );
    expect(Number(count)).toBe(1);
    expect((await refresh(answers[0]?.body.refresh_token ?? '')).status).toBe(200);
  });

  it('S20 X-auth9 never moves the end of a session: seven days after the login a refresh is refused', async () => {
    const user = await createUser(app);
    let token = user.refresh_token;
    for (let hours = 0; hours < 7 * 24; hours += 24) {
      await letPass(user, 35 * 40 * 60);
      // The refreshes of the day, one every 40 minutes, have kept the session from being idle.
      await app.database.read((em) =>
        em.execute('update sessions set last_used_at = now() where user_id = ?', [user.id]),
      );
      const answer = await refresh(token);
      expect(answer.status).toBe(200);
      expect(answer.body.refresh_expires_in).toBeLessThanOrEqual(3600);
      token = answer.body.refresh_token;
    }
    await letPass(user, 7 * 40 * 60);
    await app.database.read((em) =>
      em.execute('update sessions set last_used_at = now() where user_id = ?', [user.id]),
    );
    expect((await refresh(token)).status).toBe(401);
  });

  it('S20 refuses both tokens of a session that was idle too long', async () => {
    const user = await createUser(app);
    await letPass(user, 59 * 60);
    expect(await statusOfMe(user.access_token)).toBe(200);
    await letPass(user, 2 * 60);
    expect(await statusOfMe(user.access_token)).toBe(401);
    expect((await refresh(user.refresh_token)).status).toBe(401);
  });

  it.each(['', 'rt_', 'x'.repeat(46), `rt_${'A'.repeat(43)}`, "rt_'; drop table users; --"])(
    'answers 401 for the made-up token %j',
    async (token) => {
      const answer = await refresh(token);
      expect([answer.status, answer.body.code]).toEqual([401, 'invalid-refresh-token']);
    },
  );

  it('X-auth1 has no second step that takes a user id: unknown fields are refused', async () => {
    const user = await createUser(app);
    const answer = await call<Problem>(app, 'POST /api/auth/refresh', {
      json: { refresh_token: user.refresh_token, user_id: user.id },
    });
    expect(answer.status).toBe(422);
    for (const path of ['/api/auth/2fa/verify-login', '/api/auth/mfa/challenge']) {
      const step = await call(app, `POST ${path}`, { json: { user_id: user.id, code: '123456' } });
      expect(step.status).not.toBe(200);
    }
  });

  it('S68 stores refresh tokens as hashes only and access tokens nowhere', async () => {
    const user = await createUser(app);
    const next = (await refresh(user.refresh_token)).body;
    const tables = ['users', 'sessions', 'refresh_tokens', 'audit_events'];
    const dump = await app.database.read((em) =>
      Promise.all(tables.map((table) => em.execute(`select row_to_json(t)::text as row from ${table} t`))),
    );
    const text = JSON.stringify(dump);
    for (const pair of [user, next]) {
      expect(text).not.toContain(pair.refresh_token.slice(3));
      expect(text).not.toContain(pair.access_token.split('.')[2]);
      expect(text).not.toContain(pair.access_token.split('.')[1]);
    }
    expect(text).not.toContain(user.password);
  });
});

describe('POST /api/auth/logout', () => {
  it('S17 X-auth8 ends the session at once: its access token and its refresh token are refused', async () => {
    const user = await createUser(app);
    const answer = await call(app, 'POST /api/auth/logout', { token: user.access_token });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(await statusOfMe(user.access_token)).toBe(401);
    expect((await refresh(user.refresh_token)).status).toBe(401);
    expect((await call(app, 'POST /api/auth/logout', { token: user.access_token })).status).toBe(401);
    expect(await auditOf(user, 'session.logout')).toHaveLength(1);
  });
});
