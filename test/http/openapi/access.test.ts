// S28: every operation of the document as everybody who could call it.
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, createUser, type TestUser } from '../../support/api.ts';
import { createLinkedUser, putFiles, scan, startSettledNextcloud } from '../../support/indexed-account.ts';
import { OPERATIONS, type Operation } from '../../support/openapi-operations.ts';
import { rawRequest } from '../../support/raw-request.ts';
import { tableContents } from '../../support/table-contents.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';
import { soundRequest } from './hostile-request.ts';

const SECRET = 'a secret of this test, which is long enough for every algorithm of the family it may name';

let nextcloud: NextcloudDouble;
let app: TestApp;
let owner: TestUser;
let other: TestUser;
let admin: TestUser;

beforeAll(async () => {
  nextcloud = await startSettledNextcloud();
  app = await startTestApp({ env: { NEXTCLOUD_URL: nextcloud.url, JWT_SECRET: SECRET } });
  owner = await createLinkedUser(app, nextcloud, 'owner');
  other = await createUser(app);
  admin = await createUser(app, { isAdmin: true });
  putFiles(nextcloud, 'owner', { '/Documents/gout.txt': 'Colchicine relieves an acute attack of gout.' });
  await scan(app, owner);
});
afterAll(async () => {
  await app.close();
  await nextcloud.stop();
});

const guarded = OPERATIONS.filter(({ isPublic }) => !isPublic);

/** Operations whose answer to a token is not the given one. */
async function answersOtherThan(status: number, token: string, operations: readonly Operation[] = guarded) {
  const answers: string[] = [];
  for (const operation of operations) {
    const request = soundRequest(operation);
    const headers = { ...request.headers, authorization: `Bearer ${token}` };
    const answer = await rawRequest(app.url, { ...request, headers });
    if (answer.status !== status) answers.push(`${operation.name}: ${answer.status}`);
  }
  return answers;
}

/** The token with other claims and a good signature. */
function resigned(token: string, claims: Record<string, unknown>): string {
  const [header = '', payload = ''] = token.split('.');
  const body = { ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), ...claims };
  const signed = `${header}.${Buffer.from(JSON.stringify(body)).toString('base64url')}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

describe('S28 every guarded operation', () => {
  it('answers 401 to an expired token, and only because it has expired', async () => {
    const now = Math.floor(Date.now() / 1000);
    expect(await answersOtherThan(401, resigned(owner.access_token, { iat: now - 1000, exp: now - 100 }))).toEqual([]);
    const renewed = resigned(owner.access_token, { exp: now + 60 });
    expect((await call(app, 'GET /api/auth/me', { token: renewed })).status).toBe(200);
  });

  it('answers 401 to a deactivated user and to one whose sessions were revoked', async () => {
    const disabled = await createUser(app);
    const revoked = await createUser(app);
    const { access_token: token } = admin;
    expect((await call(app, `DELETE /api/users/${disabled.id}`, { token })).status).toBe(204);
    expect((await call(app, `POST /api/users/${revoked.id}/sessions/revoke`, { token })).status).toBe(204);
    expect(await answersOtherThan(401, disabled.access_token)).toEqual([]);
    expect(await answersOtherThan(401, revoked.access_token)).toEqual([]);
  });

  it('answers 401 to a refresh token in the place of an access token', async () => {
    expect(await answersOtherThan(401, owner.refresh_token)).toEqual([]);
  });

  it('answers 403 to a user where administrators are meant, and writes nothing', async () => {
    const before = await tableContents(app);
    const forAdmins = guarded.filter(({ isAdminOnly }) => isAdminOnly);
    expect(forAdmins.length).toBeGreaterThan(7);
    expect(await answersOtherThan(403, other.access_token, forAdmins)).toEqual([]);
    expect(await tableContents(app)).toEqual(before);
  });

  it('lets an administrator into the operations for administrators', async () => {
    const answers = await answersOtherThan(
      0,
      admin.access_token,
      guarded.filter(({ isAdminOnly }) => isAdminOnly),
    );
    expect(answers.filter((answer) => / 40[13]$/.test(answer))).toEqual([]);
  });
});

describe('S28 every operation under a personal access token', () => {
  const scoped = guarded.filter(({ requiredScope }) => requiredScope !== undefined);
  const scopes = [...new Set(scoped.map(({ requiredScope }) => requiredScope!))];
  const sessionOnly = guarded.filter(({ requiredScope }) => requiredScope === undefined);

  async function tokenWith(owned: readonly string[]): Promise<{ id: string; token: string }> {
    const json = { name: 'A program of the test', scopes: owned };
    const answer = await call<{ id: string; token: string }>(app, 'POST /api/auth/tokens', {
      token: admin.access_token,
      json,
    });
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.body;
  }

  it('X-auth17 answers 403 without its scope, to a token that has all others, and writes nothing', async () => {
    expect(scopes.length).toBeGreaterThan(8);
    for (const scope of scopes) {
      const { token } = await tokenWith(scopes.filter((each) => each !== scope));
      const operations = scoped.filter(({ requiredScope }) => requiredScope === scope);
      const before = await tableContents(app);
      expect([scope, await answersOtherThan(403, token, operations)]).toEqual([scope, []]);
      // The token notes that it was used.
      expect({ ...(await tableContents(app)), access_tokens: '' }).toEqual({ ...before, access_tokens: '' });
    }
  });

  it('X-auth17 is let in with its scope alone', async () => {
    for (const scope of scopes) {
      const { token } = await tokenWith([scope]);
      const answers = await answersOtherThan(
        0,
        token,
        scoped.filter(({ requiredScope }) => requiredScope === scope),
      );
      // 403 of another kind is possible: the account that is not linked, the file that is not readable.
      expect([scope, answers.filter((answer) => / 40[13]$/.test(answer))]).toEqual([scope, []]);
    }
  });

  it('X-auth17 answers 403 where no scope is declared, to a token that has every scope', async () => {
    const { token } = await tokenWith(scopes);
    const before = await tableContents(app);
    expect(await answersOtherThan(403, token, sessionOnly)).toEqual([]);
    expect({ ...(await tableContents(app)), access_tokens: '' }).toEqual({ ...before, access_tokens: '' });
  });

  it('answers 401 to a deleted token and to an expired one', async () => {
    const [deleted, expired] = [await tokenWith(scopes), await tokenWith(scopes)];
    await call(app, `DELETE /api/auth/tokens/${deleted.id}`, { token: admin.access_token });
    await app.database.read((em) =>
      em.execute("update access_tokens set expires_at = now() - interval '1 second' where id = ?", [expired.id]),
    );
    expect(await answersOtherThan(401, deleted.token)).toEqual([]);
    expect(await answersOtherThan(401, expired.token)).toEqual([]);
  });
});

describe("S29 another user's ids", () => {
  it.each(['other', 'admin'] as const)(
    'are answered 404 to the %s, as if they did not exist, and change nothing',
    async (who) => {
      const { access_token: token } = who === 'other' ? other : admin;
      const [job] = (await call<{ jobs: { id: string }[] }>(app, 'GET /api/jobs', { token: owner.access_token })).body
        .jobs;
      const [document] = (
        await call<{ documents: { id: string }[] }>(app, 'GET /api/documents', { token: owner.access_token })
      ).body.documents;
      const link = (
        await call<{ link_id: string }>(app, 'POST /api/integrations/nextcloud/link', { token: owner.access_token })
      ).body;
      const before = await tableContents(app);
      const routes = [
        `GET /api/jobs/${job!.id}`,
        `GET /api/jobs/${job!.id}/events`,
        `DELETE /api/jobs/${job!.id}`,
        `GET /api/documents/${document!.id}`,
        `GET /api/integrations/nextcloud/link/${link.link_id}`,
      ];
      const answers = await Promise.all(routes.map(async (route) => (await call(app, route, { token })).status));
      expect(answers).toEqual(routes.map(() => 404));
      // Only the own account is ever looked at, and there is none.
      for (const path of ['/Documents/gout.txt', '/Documents/nothing.txt']) {
        const state = await call(app, `GET /api/integrations/files/index-state?path=${path}`, { token });
        expect([state.status, state.body['code']]).toEqual([409, 'account-not-linked']);
      }
      const question = { query: 'What relieves gout?', filters: { document_ids: [document!.id] } };
      const asked = await call(app, 'POST /api/realtime/query', { token, json: question });
      expect(asked.body['citations']).toEqual([]);
      expect(asked.text).not.toContain('Colchicine');
      expect(await tableContents(app)).toEqual(before);
      const own = await call(app, 'POST /api/realtime/query', { token: owner.access_token, json: question });
      expect(own.text).toContain('Colchicine');
    },
  );
});
