// F27: the Nextcloud apps are connected by a page of this server.
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SCOPES } from '../../../src/access/scopes.ts';
import { NEXTCLOUD_APP_GRANTS, type NextcloudAppId } from '../../../src/auth/access-tokens/nextcloud-apps.ts';
import { readText } from '../../architecture/source-files.ts';
import { call, createUser, type Problem, type TestUser } from '../../support/api.ts';
import { letProofsAge } from '../../support/second-factor.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const NEXTCLOUD = 'https://cloud.clinic.example';
const REDIRECT_URI = `${NEXTCLOUD}/index.php/apps/voiceassist_client/connected`;
const APPS = Object.keys(NEXTCLOUD_APP_GRANTS) as NextcloudAppId[];

interface Token extends Problem {
  readonly code: string;
  readonly token: string;
  readonly name: string;
  readonly scopes: string[];
}

let app: TestApp;
let user: TestUser;

beforeAll(async () => {
  app = await startTestApp({ env: { NEXTCLOUD_URL: 'http://127.0.0.1:9', NEXTCLOUD_PUBLIC_URL: NEXTCLOUD } });
  user = await createUser(app);
});
afterAll(() => app.close());

const pair = () => {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
};
const authorize = (challenge: string, more: object = {}) =>
  call<Token>(app, 'POST /api/auth/tokens/authorize', {
    token: user.access_token,
    json: { app: 'voiceassist_client', redirect_uri: REDIRECT_URI, code_challenge: challenge, ...more },
  });
const exchange = (code: string, verifier: string) =>
  call<Token>(app, 'POST /api/auth/tokens/exchange', { json: { code, code_verifier: verifier } });
const documents = async (token: string) => (await call(app, 'GET /api/documents', { token })).status;
const page = (query: Record<string, string>) =>
  call(app, `GET /account/connect?${new URLSearchParams(query).toString()}`);

describe('F27 the scopes of the apps', () => {
  it.each(APPS)('F27 of %s are those of the operations that it calls', (id) => {
    const { operations } = JSON.parse(readText(`nextcloud-apps/${id}/appinfo/operations.json`)) as {
      operations: { scope: string | null }[];
    };
    const wanted = new Set(operations.flatMap(({ scope }) => scope ?? []));
    expect(new Set<string>(NEXTCLOUD_APP_GRANTS[id].scopes)).toEqual(wanted);
  });
});

describe('F27 GET /account/connect', () => {
  it('F27 names the app, where it is and what it may do, and runs only its own script', async () => {
    const { status, text, headers } = await page({ app: 'voiceassist_client', redirect_uri: REDIRECT_URI });
    expect(status).toBe(200);
    expect(text).toContain('cloud.clinic.example');
    for (const scope of NEXTCLOUD_APP_GRANTS.voiceassist_client.scopes) expect(text).toContain(SCOPES[scope]);
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
  });

  it.each([
    ['another server', 'https://evil.example/index.php/apps/voiceassist_client/connected'],
    ['a name that begins alike', 'https://cloud.clinic.example.evil.example/apps/voiceassist_client/connected'],
    ['a user before the name', 'https://cloud.clinic.example@evil.example/apps/voiceassist_client/connected'],
    ['another page', `${NEXTCLOUD}/s/share/download`],
    ['another app', `${NEXTCLOUD}/apps/voiceassist_admin/connected`],
    ['a query', `${REDIRECT_URI}?to=x`],
    ['http', REDIRECT_URI.replace('https', 'http')],
    ['a script', 'javascript:alert(1)//apps/voiceassist_client/connected'],
  ])('F27 is not there for %s, and no code is made for it', async (_, redirectUri) => {
    expect((await page({ app: 'voiceassist_client', redirect_uri: redirectUri })).status).toBe(404);
    expect((await authorize(pair().challenge, { redirect_uri: redirectUri })).body).toMatchObject({
      status: 422,
      errors: [{ pointer: '/redirect_uri' }],
    });
  });

  it('F27 is not there for an app that nobody knows', async () => {
    expect((await page({ app: 'constructor', redirect_uri: REDIRECT_URI })).status).toBe(404);
    expect((await page({})).status).toBe(404);
  });
});

describe('F27 a code of an app', () => {
  it('F27 is exchanged with its verifier for a token of the scopes of the app, which works', async () => {
    const { verifier, challenge } = pair();
    const { body } = await authorize(challenge);
    const made = await exchange(body.code, verifier);
    expect(made.status).toBe(201);
    expect(made.body.scopes.toSorted()).toEqual([...NEXTCLOUD_APP_GRANTS.voiceassist_client.scopes].toSorted());
    expect(await documents(made.body.token)).toBe(200);
    expect((await call(app, 'GET /api/users/me', { token: made.body.token })).status).toBe(403);
  });

  it('F27 is good once, for its verifier only, and is used up by a wrong one', async () => {
    const [first, second] = [pair(), pair()];
    const { body } = await authorize(first.challenge);
    const wrong = await exchange(body.code, second.verifier);
    expect([wrong.status, wrong.body.code]).toEqual([410, 'one-time-token-invalid']);
    expect((await exchange(body.code, first.verifier)).status).toBe(410);
    const again = await authorize(second.challenge);
    expect((await exchange(again.body.code, second.verifier)).status).toBe(201);
    expect((await exchange(again.body.code, second.verifier)).status).toBe(410);
  });

  it('F27 gives a token in place of the former one of the app', async () => {
    const connect = async () => {
      const { verifier, challenge } = pair();
      return (await exchange((await authorize(challenge)).body.code, verifier)).body.token;
    };
    const [old, current] = [await connect(), await connect()];
    expect([await documents(old), await documents(current)]).toEqual([401, 200]);
  });

  it('F27 wants a fresh login, and dies with the account', async () => {
    const { verifier, challenge } = pair();
    const { body } = await authorize(challenge);
    await letProofsAge(app);
    expect((await authorize(challenge)).body.code).toBe('step-up-required');
    await app.database.read((em) => em.execute('update users set is_active = false where id = ?', [user.id]));
    expect((await exchange(body.code, verifier)).status).toBe(410);
    await app.database.read((em) => em.execute('update users set is_active = true where id = ?', [user.id]));
    user = await createUser(app);
  });
});

describe('F27 the app for administrators', () => {
  const json = { app: 'voiceassist_admin', redirect_uri: REDIRECT_URI.replace('_client', '_admin') };

  it('F27 is connected by administrators of this server, and shows them the work of all users in numbers', async () => {
    const admin = await createUser(app, { isAdmin: true });
    const { verifier, challenge } = pair();
    const { body } = await call<Token>(app, 'POST /api/auth/tokens/authorize', {
      token: admin.access_token,
      json: { ...json, code_challenge: challenge },
    });
    const { token } = (await exchange(body.code, verifier)).body;
    const insert = (state: string, code: string | null) =>
      app.database.read((em) =>
        em.execute(
          `insert into jobs (id, user_id, kind, exclusivity_key, state, parameters, counters, problem_code, finished_at)
           values (gen_random_uuid(), ?, 'sample', gen_random_uuid()::text, ?, '{}', '{}', ?,
             case when ? = 'failed' then now() end)`,
          [user.id, state, code, state],
        ),
      );
    for (const [state, code] of [
      ['failed', 'upstream-misconfigured'],
      ['failed', 'upstream-misconfigured'],
      ['failed', 'account-suspended'],
      ['succeeded', null],
      ['running', null],
    ] as const) {
      await insert(state, code);
    }
    const work = await call<Record<'open' | 'failures', object[]>>(app, 'GET /api/admin/jobs', { token });
    expect(work.body.open).toContainEqual({
      kind: 'sample',
      queued: 0,
      running: 1,
      waiting: 0,
      longest_wait_seconds: 0,
    });
    expect(work.body.failures.slice(0, 2)).toMatchObject([
      { kind: 'sample', problem_code: 'upstream-misconfigured', count: 2, users: 1 },
      { kind: 'sample', problem_code: 'account-suspended', count: 1, users: 1 },
    ]);
    expect(work.text).not.toContain(user.id);
  });

  it('F27 is not connected by others', async () => {
    const { challenge } = pair();
    const answer = await call<Token>(app, 'POST /api/auth/tokens/authorize', {
      token: user.access_token,
      json: { ...json, code_challenge: challenge },
    });
    expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
  });
});

describe('F27 giving a token up', () => {
  it('F27 needs nothing but the token, and answers alike for one that is unknown', async () => {
    const { verifier, challenge } = pair();
    const { token } = (await exchange((await authorize(challenge)).body.code, verifier)).body;
    const revoke = (json: object) => call(app, 'POST /api/auth/tokens/revoke', { json });
    const answers = [await revoke({ token: `va_${'a'.repeat(43)}` }), await revoke({ token }), await revoke({ token })];
    expect(answers.map(({ status, text }) => [status, text])).toEqual(Array(3).fill([200, '{"revoked":true}']));
    expect(await documents(token)).toBe(401);
  });
});
