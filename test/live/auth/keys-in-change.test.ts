// Two processes on one PostgreSQL while the keys are being changed: each works with another key first and knows both
// (bars S14, S16, S17, S19). Needs TEST_DATABASE_URL.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OpenDatabase } from '../../../src/persistence/open-database.ts';
import { call, createUser, login, type Tokens } from '../../support/api.ts';
import { ServerUnderTest } from '../../support/server-under-test.ts';
import { openTestDatabase } from '../../support/open-test-database.ts';
import { createTestDatabase, HAS_DATABASE_SERVER, type TestDatabase } from '../../support/test-database.ts';

const SIGNING = ['a', 'b'].map((kid) => `${kid}:${randomBytes(48).toString('base64url')}`);
const SEALING = ['k1', 'k2'].map((id) => `${id}:${randomBytes(32).toString('base64')}`);
const ROUNDS = 6;

(HAS_DATABASE_SERVER ? describe : describe.skip)('two processes with keys in change', () => {
  let database: TestDatabase;
  let one: ServerUnderTest;
  let other: ServerUnderTest;
  let open: OpenDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    const env = {
      DATABASE_URL: database.url,
      RATE_LIMIT_REFRESH_PER_MINUTE: '10000',
      RATE_LIMIT_LOGIN_PER_MINUTE: '1000',
      RATE_LIMIT_REGISTER_PER_HOUR: '1000',
    };
    const keys = (signing: string[], sealing: string[]): Record<string, string> => ({
      JWT_KEYS: signing.join(','),
      SECRETS_KEYS: sealing.join(','),
    });
    one = await ServerUnderTest.start({ env: { ...env, ...keys(SIGNING, SEALING) } });
    other = await ServerUnderTest.start({ env: { ...env, ...keys(SIGNING.toReversed(), SEALING.toReversed()) } });
    open = await openTestDatabase({ url: database.url, dataFolder: '', poolSize: 1, statementTimeoutMs: 5000 });
  }, 120_000);
  afterAll(async () => {
    await Promise.all([one.stop(), other.stop(), open.close()]);
    await database.drop();
  }, 60_000);

  const refresh = (server: ServerUnderTest, { refresh_token }: Tokens) =>
    call<Tokens>(server, 'POST /api/auth/refresh', { json: { refresh_token } });
  const status = async (server: ServerUnderTest, token: string, route = 'GET /api/auth/session'): Promise<number> =>
    (await call(server, route, { token })).status;

  it('S14 accept the tokens that the other has signed', async () => {
    const user = await createUser(one);
    const fromOther = await login(other, user);
    expect(await status(other, user.access_token)).toBe(200);
    expect(await status(one, fromOther.access_token)).toBe(200);
    const kids = [user, fromOther].map(
      ({ access_token }) => JSON.parse(Buffer.from(access_token.split('.')[0]!, 'base64url').toString()) as object,
    );
    expect(kids).toEqual([expect.objectContaining({ kid: 'a' }), expect.objectContaining({ kid: 'b' })]);
  });

  it('S16 give a client that races with itself one living chain, whichever process and key wins', async () => {
    const user = await createUser(one);
    let current: Tokens = user;
    for (let round = 0; round < ROUNDS; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) => refresh(index % 2 ? one : other, current)),
      );
      expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(200));
      expect(new Set(answers.map((answer) => answer.body.refresh_token)).size).toBe(1);
      current = answers[0]!.body;
    }
    const rows = await open.orm.em.fork().execute<{ living: string; all: string }[]>(
      `select count(*) filter (where used_at is null) as living, count(*) as all
         from refresh_tokens r join sessions s on s.id = r.session_id where s.user_id = ?`,
      [user.id],
    );
    expect(rows).toEqual([{ living: '1', all: String(ROUNDS + 1) }]);
    expect(await status(other, current.access_token)).toBe(200);
  });

  it('S17 refuse both tokens at once after a logout at the other', async () => {
    const user = await createUser(one);
    await call(one, 'POST /api/auth/logout', { token: user.access_token });
    expect(await status(other, user.access_token)).toBe(401);
    expect((await refresh(other, user)).status).toBe(401);
  });

  it('S19 refuse a session that was ended at the other, and go on with the one that ended it', async () => {
    const user = await createUser(one);
    const device = await login(other, user);
    await call(one, 'DELETE /api/auth/sessions', { token: user.access_token });
    expect(await status(other, device.access_token)).toBe(401);
    expect((await refresh(other, device)).status).toBe(401);
    expect(await status(other, user.access_token)).toBe(200);
  });

  it('S17 refuse a personal access token that was deleted at the other', async () => {
    const user = await createUser(one);
    const json = { name: 'A program', scopes: ['profile:read'] };
    const { body } = await call<{ id: string; token: string }>(one, 'POST /api/auth/tokens', {
      token: user.access_token,
      json,
    });
    expect(await status(other, body.token, 'GET /api/users/me')).toBe(200);
    await call(one, `DELETE /api/auth/tokens/${body.id}`, { token: user.access_token });
    expect(await status(other, body.token, 'GET /api/users/me')).toBe(401);
  });
});
