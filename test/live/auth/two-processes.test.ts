// Sessions across two servers on one PostgreSQL (bars S16 and S17). Needs TEST_DATABASE_URL.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, createUser, login, type Tokens } from '../../support/api.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';
import { createTestDatabase, HAS_DATABASE_SERVER, type TestDatabase } from '../../support/test-database.ts';

const suite = HAS_DATABASE_SERVER ? describe : describe.skip;

suite('two servers on the PostgreSQL of TEST_DATABASE_URL', () => {
  let database: TestDatabase;
  let one: TestApp;
  let other: TestApp;

  beforeAll(async () => {
    database = await createTestDatabase();
    const env = {
      DATABASE_URL: database.url ?? '',
      JWT_SECRET: randomBytes(64).toString('base64url'),
      SECRETS_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    };
    one = await startTestApp({ env });
    other = await startTestApp({ env });
  });
  afterAll(async () => {
    await Promise.all([one.close(), other.close()]);
    await database.drop();
  });

  const refresh = (app: TestApp, { refresh_token }: Tokens) =>
    call<Tokens>(app, 'POST /api/auth/refresh', { json: { refresh_token } });
  const statusOfMe = async (app: TestApp, { access_token }: Tokens): Promise<number> =>
    (await call(app, 'GET /api/auth/me', { token: access_token })).status;

  it('S16 has one living chain after one token was refreshed in parallel on both, ten rounds long', async () => {
    const user = await createUser(one);
    let current: Tokens = user;
    for (let round = 0; round < 10; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) => refresh(index % 2 ? one : other, current)),
      );
      expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(200));
      expect(new Set(answers.map((answer) => answer.body.refresh_token)).size).toBe(1);
      current = answers[0]?.body ?? current;
    }
    const [row] = await one.database.read((em) =>
      em.execute<{ living: string; all: string }[]>(
        `select count(*) filter (where used_at is null) as living, count(*) as all
         from refresh_tokens r join sessions s on s.id = r.session_id where s.user_id = ?`,
        [user.id],
      ),
    );
    expect(row).toEqual({ living: '1', all: '11' });
    expect(await statusOfMe(other, current)).toBe(200);
  });

  it('S17 A14: refuses both tokens on the other server at once after a logout', async () => {
    const user = await createUser(one);
    expect(await statusOfMe(other, user)).toBe(200);
    await call(one, 'POST /api/auth/logout', { token: user.access_token });
    expect(await statusOfMe(other, user)).toBe(401);
    expect((await refresh(other, user)).status).toBe(401);
  });

  it('S17 lets no request through that is sent after the logout was answered, under load', async () => {
    const user = await createUser(one);
    const bystander = await login(other, user);
    const stop = new AbortController();
    const load = (async () => {
      while (!stop.signal.aborted) await Promise.all(Array.from({ length: 10 }, () => statusOfMe(other, bystander)));
    })();
    await call(one, 'POST /api/auth/logout', { token: user.access_token });
    const after = await Promise.all(Array.from({ length: 20 }, () => statusOfMe(other, user)));
    stop.abort();
    await load;
    expect(after).toEqual(Array(20).fill(401));
  });

  it('S16 ends the session for both servers when one sees a reused token', async () => {
    const user = await createUser(one);
    const next = (await refresh(other, user)).body;
    await one.database.read((em) => em.execute("update refresh_tokens set used_at = used_at - interval '1 hour'"));
    expect((await refresh(one, user)).status).toBe(401);
    expect(await statusOfMe(other, next)).toBe(401);
    expect((await refresh(other, next)).status).toBe(401);
  });

  it('appends to one audit chain from both at once', async () => {
    const wrong = { json: { email: 'nobody@clinic.example', password: 'wrong' } };
    const burst = Array.from({ length: 12 }, (_, index) =>
      call(index % 2 ? one : other, 'POST /api/auth/login', wrong),
    );
    await Promise.all(burst);
    const admin = await createUser(one, { isAdmin: true });
    const verdict = await call(other, 'GET /api/admin/audit/verify', { token: admin.access_token });
    expect(verdict.body['is_intact']).toBe(true);
  });
});
