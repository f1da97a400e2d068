// Personal access tokens: who makes them, what they open, when they die (X-auth17, S18, S29, S68).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SCOPES } from '../../../src/access/scopes.ts';
import { AccessTokensService, revokeAccessTokens } from '../../../src/auth/access-tokens/access-tokens.service.ts';
import { call, createUser, type Problem, type TestUser } from '../../support/api.ts';
import { sharedTestApp, type TestApp } from '../../support/test-app.ts';

const USER_SCOPES = Object.keys(SCOPES).filter((scope) => !/^(nextcloud-)?users:|^(audit|operations):/.test(scope));

interface CreatedToken {
  readonly id: string;
  readonly token: string;
  readonly hint: string;
  readonly scopes: readonly string[];
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

let app: TestApp;
let user: TestUser;
let other: TestUser;
let admin: TestUser;

beforeAll(async () => {
  app = await sharedTestApp();
  user = await createUser(app);
  other = await createUser(app);
  admin = await createUser(app, { isAdmin: true });
});
afterAll(() => app.close());

function create(owner: TestUser, json: Record<string, unknown> = {}) {
  return call<CreatedToken & Problem>(app, 'POST /api/auth/tokens', {
    token: owner.access_token,
    json: { name: 'A program', scopes: ['profile:read'], ...json },
  });
}

async function tokenOf(owner: TestUser, ...scopes: string[]): Promise<CreatedToken> {
  const answer = await create(owner, { scopes });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body;
}

function list(owner: TestUser) {
  return call<{ tokens: CreatedToken[] }>(app, 'GET /api/auth/tokens', { token: owner.access_token });
}

async function statusWith(token: string, route = 'GET /api/users/me'): Promise<number> {
  return (await call(app, route, { token })).status;
}

function sql<Row>(statement: string, values: unknown[] = []): Promise<Row[]> {
  return app.database.read((em) => em.execute<Row[]>(statement, values));
}

describe('POST /api/auth/tokens', () => {
  it('shows the token once, and lists it from then on without its secret', async () => {
    const { status, body } = await create(user, { name: 'Night scan', scopes: ['jobs:read', 'files:index'] });
    expect(status).toBe(201);
    expect(body.token).toMatch(/^va_[A-Za-z0-9_-]{43}$/);
    expect(body).toMatchObject({
      name: 'Night scan',
      scopes: ['files:index', 'jobs:read'],
      expires_at: null,
      last_used_at: null,
      hint: body.token.slice(-4),
    });
    const listed = await list(user);
    expect(listed.text).not.toContain(body.token);
    expect(listed.body.tokens[0]).toEqual({ ...body, token: undefined });
  });

  it('S68 stores the token as a hash only, and audits its making without name and secret', async () => {
    const { token, id } = await tokenOf(user, 'profile:read');
    const dump = await Promise.all(
      ['access_tokens', 'audit_events', 'sessions'].map((table) =>
        sql(`select row_to_json(t)::text as row from ${table} t`),
      ),
    );
    expect(JSON.stringify(dump)).not.toContain(token.slice(3));
    const [event] = await sql<{ details: unknown; outcome: string }>(
      "select details, outcome from audit_events where action = 'access-token.create' and target_id = ?",
      [id],
    );
    expect(event).toEqual({ outcome: 'success', details: { scopes: 'profile:read' } });
  });

  it.each([
    ['no name', { name: undefined }],
    ['an empty name', { name: '' }],
    ['a name of blanks', { name: '   ' }],
    ['a name with a line feed', { name: 'a\nb' }],
    ['a name of 101 characters', { name: 'x'.repeat(101) }],
    ['no scope', { scopes: [] }],
    ['a scope that does not exist', { scopes: ['everything'] }],
    ['a scope with the name of an inherited member', { scopes: ['constructor'] }],
    ['one scope twice', { scopes: ['jobs:read', 'jobs:read'] }],
    ['scopes as text', { scopes: 'jobs:read' }],
    ['no days', { expires_in_days: 0 }],
    ['too many days', { expires_in_days: 3651 }],
    ['half a day', { expires_in_days: 0.5 }],
    ['days as null', { expires_in_days: null }],
    ['an owner', { user_id: '019aab7c-2f10-7c3e-8d55-5a1f0c9b7e21' }],
  ])('answers 422 to %s', async (_, json) => {
    const { status, body } = await create(user, json);
    expect([status, body.code]).toEqual([422, 'validation-failed']);
  });

  it('X-auth17 gives scopes of administrators to administrators only', async () => {
    const refused = await create(user, { scopes: ['profile:read', 'users:read'] });
    expect([refused.status, refused.body.errors?.[0]?.pointer]).toEqual([422, '/scopes']);
    expect((await create(admin, { scopes: ['users:read', 'users:write', 'audit:read'] })).status).toBe(201);
  });

  it('answers 409 to the fifty-first, also when they are made at the same time', async () => {
    const owner = await createUser(app);
    await sql(
      `insert into access_tokens (id, user_id, name, token_hash, hint, scopes)
       select gen_random_uuid(), ?, 'made before', md5(n::text || ?), 'abcd', 'profile:read' from generate_series(1, 48) n`,
      [owner.id, owner.id],
    );
    const answers = await Promise.all(Array.from({ length: 4 }, () => create(owner)));
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual(Array(2).fill([409, 'access-token-limit']));
    expect((await list(owner)).body.tokens).toHaveLength(50);
  });

  it('answers 401 to a session that ended while the request was on its way', async () => {
    const owner = await createUser(app);
    const [session] = await sql<{ id: string }>('select id from sessions where user_id = ?', [owner.id]);
    await sql('update users set sessions_not_before = clock_timestamp() where id = ?', [owner.id]);
    // The guard has let it through before the session ended.
    const principal = {
      userId: owner.id,
      sessionId: session!.id,
      email: owner.email,
      role: 'user',
      scopes: null,
      authenticatedSecondsAgo: 1,
    } as const;
    const late = app.app
      .get(AccessTokensService, { strict: false })
      .create(principal, { name: 'late', scopes: ['profile:read'], expiresInDays: null });
    await expect(late).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await sql('select 1 from access_tokens where user_id = ?', [owner.id])).toEqual([]);
  });
});

describe('a personal access token', () => {
  it('opens the routes of its scopes as its owner', async () => {
    const { token } = await tokenOf(user, 'profile:read');
    const answer = await call(app, 'GET /api/users/me', { token });
    expect([answer.status, answer.body['id']]).toEqual([200, user.id]);
  });

  it('X-auth17 is refused where another scope is needed, with the scope that is (RFC 6750 section 3.1)', async () => {
    const { token } = await tokenOf(user, 'profile:read');
    const answer = await call<Problem>(app, 'GET /api/jobs', { token });
    expect([answer.status, answer.body.code]).toEqual([403, 'insufficient-scope']);
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer realm="voiceassist", error="insufficient_scope", scope="jobs:read"',
    );
  });

  it('X-auth17 opens no route that is for sessions: it makes no token, ends no session, changes no password', async () => {
    const { token, id } = await tokenOf(admin, ...Object.keys(SCOPES));
    const routes = [
      'POST /api/auth/tokens',
      'GET /api/auth/tokens',
      `DELETE /api/auth/tokens/${id}`,
      'GET /api/auth/session',
      'POST /api/auth/logout',
      'PUT /api/users/me/password',
      'PUT /api/users/me',
      'POST /api/integrations/nextcloud/link',
      'DELETE /api/integrations/nextcloud/account',
    ];
    for (const route of routes) {
      const answer = await call<Problem>(app, route, { token });
      expect([route, answer.status, answer.body.code]).toEqual([route, 403, 'insufficient-scope']);
    }
    const denials = await sql(
      "select 1 from audit_events where actor_id = ? and action = 'access.denied' and details->>'reason' = 'insufficient-scope'",
      [admin.id],
    );
    expect(denials).toHaveLength(routes.length);
  });

  it('X-auth17 of a demoted administrator opens nothing of administrators any more', async () => {
    const former = await createUser(app, { isAdmin: true });
    const { token } = await tokenOf(former, 'users:read', 'audit:read', 'profile:read');
    expect(await statusWith(token, 'GET /api/users')).toBe(200);
    const demoted = await call(app, `PUT /api/users/${former.id}`, {
      token: admin.access_token,
      json: { is_admin: false },
    });
    expect(demoted.status).toBe(200);
    const answers = await Promise.all(
      ['GET /api/users', 'GET /api/admin/audit'].map((route) => statusWith(token, route)),
    );
    expect(answers).toEqual([403, 403]);
    expect(await statusWith(token)).toBe(200);
  });

  it('S18 is refused as soon as its user is deactivated, and does not come back with him', async () => {
    const owner = await createUser(app);
    const { token } = await tokenOf(owner, 'profile:read');
    await call(app, `DELETE /api/users/${owner.id}`, { token: admin.access_token });
    expect(await statusWith(token)).toBe(401);
    await call(app, `POST /api/users/${owner.id}/reactivate`, { token: admin.access_token });
    expect(await statusWith(token)).toBe(401);
    expect(await sql('select 1 from access_tokens where user_id = ?', [owner.id])).toEqual([]);
  });

  it('S18 is refused while its user is inactive, whoever made him so', async () => {
    const owner = await createUser(app);
    const { token } = await tokenOf(owner, 'profile:read');
    expect(await statusWith(token)).toBe(200);
    await sql('update users set is_active = false where id = ?', [owner.id]);
    expect(await statusWith(token)).toBe(401);
  });

  it('outlives the end of every session, and not a reset of the password', async () => {
    const owner = await createUser(app);
    const { token } = await tokenOf(owner, 'profile:read');
    await call(app, `POST /api/users/${owner.id}/sessions/revoke`, { token: admin.access_token });
    expect(await statusWith(token)).toBe(200);
    await app.database.transaction((em) => revokeAccessTokens(em, owner.id));
    expect(await statusWith(token)).toBe(401);
  });

  it('is refused once it has expired', async () => {
    const { body } = await create(user, { expires_in_days: 30 });
    const lifeMs = Date.parse(body.expires_at ?? '') - Date.parse(body.created_at);
    expect(lifeMs).toBe(30 * 24 * 3600 * 1000);
    expect(await statusWith(body.token)).toBe(200);
    await sql("update access_tokens set expires_at = now() - interval '1 second' where id = ?", [body.id]);
    expect(await statusWith(body.token)).toBe(401);
  });

  it('tells its last use, written at most once a minute', async () => {
    const { id, token } = await tokenOf(user, 'profile:read');
    const lastUse = async (): Promise<string | null> =>
      (await list(user)).body.tokens.find((each) => each.id === id)?.last_used_at ?? null;
    await statusWith(token);
    const first = await lastUse();
    expect(first).not.toBeNull();
    await sql("update access_tokens set last_used_at = now() - interval '30 seconds' where id = ?", [id]);
    const halfAMinuteAgo = await lastUse();
    await statusWith(token);
    expect(await lastUse()).toBe(halfAMinuteAgo);
    await sql("update access_tokens set last_used_at = now() - interval '61 seconds' where id = ?", [id]);
    await statusWith(token);
    expect(Date.parse((await lastUse()) ?? '')).toBeGreaterThan(Date.parse(halfAMinuteAgo ?? ''));
  });

  it.each([
    ['one that nobody made', () => `va_${'A'.repeat(43)}`],
    ['one of another length', () => 'va_AAAA'],
    ['its hash', (token: string) => token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))],
    ['another spelling of its beginning', (token: string) => token.replace('va_', 'VA_')],
    ['one with a tail', (token: string) => `${token}A`],
  ])('S12 is answered 401 like every wrong token when it is %s', async (_, spoil) => {
    const { token } = await tokenOf(user, 'profile:read');
    const answer = await call<Problem>(app, 'GET /api/users/me', { token: spoil(token) });
    expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="voiceassist", error="invalid_token"');
  });

  it('is taken from the Authorization header only', async () => {
    const { token } = await tokenOf(user, 'profile:read');
    const answers = await Promise.all([
      call(app, `GET /api/users/me?access_token=${token}`),
      call(app, 'GET /api/users/me', { headers: { cookie: `access-token=${token}` } }),
      call(app, 'GET /api/users/me', { headers: { authorization: `Basic ${token}` } }),
      call(app, 'POST /api/auth/refresh', { json: { refresh_token: token } }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(Array(4).fill(401));
  });

  it('with every scope of users opens every route that declares one of them', async () => {
    const { token } = await tokenOf(user, ...USER_SCOPES);
    const answers = await Promise.all(
      ['GET /api/users/me', 'GET /api/jobs', 'GET /api/documents'].map((route) => statusWith(token, route)),
    );
    expect(answers).toEqual([200, 200, 200]);
  });
});

describe('DELETE /api/auth/tokens/{id}', () => {
  it('ends the token at once', async () => {
    const { id, token } = await tokenOf(user, 'profile:read');
    const path = `DELETE /api/auth/tokens/${id}`;
    expect((await call(app, path, { token: user.access_token })).status).toBe(204);
    expect(await statusWith(token)).toBe(401);
    expect((await call(app, path, { token: user.access_token })).status).toBe(404);
  });

  it("S29 answers 404 to another user's id, leaves the token alone and records who asked", async () => {
    const { id, token } = await tokenOf(user, 'profile:read');
    const answer = await call(app, `DELETE /api/auth/tokens/${id}`, { token: other.access_token });
    expect(answer.status).toBe(404);
    expect(await statusWith(token)).toBe(200);
    expect((await list(other)).text).not.toContain(id);
    const denials = await sql(
      "select 1 from audit_events where actor_id = ? and action = 'access.denied' and target_id = ?",
      [other.id, id],
    );
    expect(denials).toHaveLength(1);
  });

  it.each(['no-uuid', '019aab7c-2f10-7c3e-8d55-5a1f0c9b7e21'])('answers 404 to %s', async (id) => {
    expect((await call(app, `DELETE /api/auth/tokens/${id}`, { token: user.access_token })).status).toBe(404);
  });
});
