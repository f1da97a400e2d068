// What a refresh tells its user, what it refuses by policy, and what it does while keys are being changed (S15, S16, P4).
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refreshTokenSuccessors } from '../../../src/auth/sessions/token-issuer.ts';
import { KeyRing } from '../../../src/secrets/key-ring.ts';
import { call, createUser, login, type Problem, type Tokens } from '../../support/api.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const OLD = `k1:${randomBytes(32).toString('base64')}`;
const NEW = `k2:${randomBytes(32).toString('base64')}`;

const hash = (token: string): string => createHash('sha256').update(token).digest('hex');

function refresh(app: TestApp, { refresh_token }: Tokens) {
  return call<Tokens & Problem>(app, 'POST /api/auth/refresh', { json: { refresh_token } });
}

describe('POST /api/auth/refresh', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp({ env: { MFA_REQUIRED: 'admins', SECRETS_KEYS: `${NEW},${OLD}` } });
  });
  afterAll(() => app.close());

  const sql = <Row>(statement: string, values: unknown[] = []): Promise<Row[]> =>
    app.database.read((em) => em.execute<Row[]>(statement, values));

  it('S15 tells the user by mail when a used token comes back, once and in the transaction that ends the session', async () => {
    const user = await createUser(app);
    await refresh(app, user);
    await sql("update refresh_tokens set used_at = used_at - interval '1 hour'");
    expect((await refresh(app, user)).status).toBe(401);
    expect((await refresh(app, user)).status).toBe(401);
    const mails = await sql("select template from outgoing_mails where user_id = ? and template = 'token-reuse'", [
      user.id,
    ]);
    expect(mails).toHaveLength(1);
    const [session] = await sql<{ end_reason: string }>('select end_reason from sessions where user_id = ?', [user.id]);
    expect(session?.end_reason).toBe('token-reuse');
  });

  it('P4 is refused to a session without second factor once MFA_REQUIRED asks its user for one', async () => {
    const user = await createUser(app);
    const second = await login(app, user);
    const before = await refresh(app, user);
    expect(before.status).toBe(200);
    await sql('update users set is_admin = true where id = ?', [user.id]);
    const refused = await refresh(app, before.body);
    expect([refused.status, refused.body.code]).toEqual([401, 'invalid-refresh-token']);
    const id = (JSON.parse(Buffer.from(second.access_token.split('.')[1]!, 'base64url').toString()) as { sid: string })
      .sid;
    await sql("update sessions set methods = 'pwd otp mfa' where id = ?", [id]);
    expect((await refresh(app, second)).status).toBe(200);
  });

  it('S16 gives the loser of a race the successor that was issued under another key of the ring', async () => {
    const user = await createUser(app);
    // What a process does that has not been given the new key first.
    const [successor] = refreshTokenSuccessors(new KeyRing(OLD), user.refresh_token);
    await sql('update refresh_tokens set used_at = clock_timestamp() where token_hash = ?', [hash(user.refresh_token)]);
    await sql(
      'insert into refresh_tokens (token_hash, session_id) select ?, session_id from refresh_tokens where token_hash = ?',
      [hash(successor), hash(user.refresh_token)],
    );
    const loser = await refresh(app, user);
    expect([loser.status, loser.body.refresh_token]).toEqual([200, successor]);
    const living = await sql<{ count: string }>(
      `select count(*) from refresh_tokens r join sessions s on s.id = r.session_id
       where s.user_id = ? and r.used_at is null`,
      [user.id],
    );
    expect(Number(living[0]?.count)).toBe(1);
    expect((await refresh(app, loser.body)).status).toBe(200);
  });

  it('S16 gives no second chain away when the key of the issued successor is unknown here', async () => {
    const user = await createUser(app);
    const stranger = `k9:${randomBytes(32).toString('base64')}`;
    const [successor] = refreshTokenSuccessors(new KeyRing(stranger), user.refresh_token);
    await sql('update refresh_tokens set used_at = clock_timestamp() where token_hash = ?', [hash(user.refresh_token)]);
    await sql(
      'insert into refresh_tokens (token_hash, session_id) select ?, session_id from refresh_tokens where token_hash = ?',
      [hash(successor), hash(user.refresh_token)],
    );
    expect((await refresh(app, user)).status).toBe(401);
    expect((await refresh(app, { ...user, refresh_token: successor })).status).toBe(200);
  });
});
