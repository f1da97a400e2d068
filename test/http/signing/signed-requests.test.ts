// Signed operations (bar S64, seed row N12): altered, late, replayed and foreign requests, and the recipe in the docs.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { NonceCleanup } from '../../../src/signing/nonce-cleanup.task.ts';
import { call, createUser, type Answer, type Problem, type TestUser } from '../../support/api.ts';
import { signatureFields, type ToSign } from '../../support/signed-fetch.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const panel = { id: 'panel1', base64: Buffer.alloc(32, 1).toString('base64') };
const next = { id: 'panel2', base64: Buffer.alloc(48, 2).toString('base64') };
const hooks = { id: 'hooks', base64: Buffer.alloc(32, 3).toString('base64') };
const REQUEST_SIGNING_KEYS = `${panel.id}:${panel.base64}, ${next.id}:${next.base64},${hooks.id}:${hooks.base64}:webhooks`;

let app: TestApp;
let admin: TestUser;
let target: TestUser;
let nameCount = 0;

beforeAll(async () => {
  app = await startTestApp({ env: { REQUEST_SIGNING_KEYS } });
  admin = await createUser(app, { isAdmin: true });
  target = await createUser(app);
});
afterAll(() => app.close());
beforeEach(() => {
  nameCount += 1;
});

const path = () => `/api/users/${target.id}`;
const change = () => JSON.stringify({ full_name: `Name ${nameCount}` });
const nameNow = async () => {
  const [row] = await app.database.read((em) =>
    em.execute<{ full_name: string }[]>('select full_name from users where id = ?', [target.id]),
  );
  return row?.full_name;
};
const isChanged = async () => (await nameNow()) === `Name ${nameCount}`;

/** Sends the change; what is signed can be something else. */
function put(
  signed: Partial<ToSign> = {},
  sent: { headers?: Record<string, string>; body?: string; path?: string } = {},
): Promise<Answer<Problem>> {
  const fields = signatureFields({ method: 'PUT', target: path(), body: change(), key: panel, ...signed });
  return call<Problem>(app, `PUT ${sent.path ?? path()}`, {
    token: admin.access_token,
    headers: { 'content-type': 'application/json', ...fields, ...sent.headers },
    body: sent.body ?? change(),
  });
}

const refusals = async () =>
  app.database.read((em) =>
    em.execute<{ reason: string; actor_id: string; target_id: string }[]>(
      `select details->>'reason' as reason, actor_id, target_id from audit_events
       where action = 'access.denied' and details->>'reason' like 'signature-%' order by sequence`,
    ),
  );

describe('N12: a marked operation on a server with signing keys', () => {
  it('is done when it is signed with any of the keys', async () => {
    expect((await put()).status).toBe(200);
    expect((await put({ key: next, body: change() })).status).toBe(200);
    expect(await isChanged()).toBe(true);
  });

  it('is refused with 401 signature-required when it is not signed, and is not done', async () => {
    const answer = await call<Problem>(app, `PUT ${path()}`, {
      token: admin.access_token,
      json: JSON.parse(change()) as unknown,
    });
    expect([answer.status, answer.body.code]).toEqual([401, 'signature-required']);
    expect(await isChanged()).toBe(false);
  });

  it('S64: is done once: the same request again is refused, also at the same time', async () => {
    const nonce = randomUUID();
    const answers = await Promise.all(Array.from({ length: 8 }, () => put({ nonce })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(7).fill(401)]);
    const replayed = await put({ nonce });
    expect([replayed.status, replayed.body.code]).toEqual([401, 'signature-invalid']);
    expect(replayed.body.detail).toContain('nonce');
    // The same nonce of another key is another one.
    expect((await put({ nonce, key: next })).status).toBe(200);
  });

  const minutes = (count: number) => ({ createdSeconds: Math.floor(Date.now() / 1000) + count * 60 });
  it.each<[string, Partial<ToSign>, Parameters<typeof put>[1]]>([
    ['its body was altered', {}, { body: JSON.stringify({ is_admin: true }) }],
    ['its body was altered and the digest with it', {}, { headers: { 'content-digest': 'sha-256=:x:' } }],
    ['its body was dropped', {}, { body: '{}' }],
    ['another method was signed', { method: 'POST' }, {}],
    ['another account was signed', { target: `/api/users/${randomUUID()}` }, {}],
    ['a query was added', {}, { path: '?is_admin=true' }],
    ['it was made 6 minutes ago', minutes(-6), {}],
    ['it comes 6 minutes from the future', minutes(6), {}],
    ['the key is unknown', { key: { ...panel, id: 'nobody' } }, {}],
    ['the key is another one of that name', { key: { ...panel, base64: hooks.base64 } }, {}],
    ['the key is for webhooks only', { key: hooks }, {}],
    ['the value was altered', {}, { headers: { signature: `sig=:${'A'.repeat(43)}=:` } }],
    ['a component is not covered', { components: ['@method', '@path', '@query'] }, {}],
  ])('S64: is refused with 401 when %s, and is not done', async (_, signed, sent = {}) => {
    const sentPath = sent.path === undefined ? {} : { path: path() + sent.path };
    const answer = await put(signed, { ...sent, ...sentPath });
    expect([answer.status, answer.body.code]).toEqual([401, 'signature-invalid']);
    expect(await isChanged()).toBe(false);
  });

  it('S64: is accepted 4 minutes from our clock, either way', async () => {
    expect((await put(minutes(-4))).status).toBe(200);
    expect((await put(minutes(4))).status).toBe(200);
  });

  it('uses no signature up before everything else allows the request', async () => {
    const fields = signatureFields({ method: 'PUT', target: path(), body: change(), key: panel });
    const as = (token: string) =>
      call<Problem>(app, `PUT ${path()}`, {
        token,
        headers: { 'content-type': 'application/json', ...fields },
        body: change(),
      });
    expect((await as(target.access_token)).body.code).toBe('forbidden');
    expect((await as(admin.access_token)).status).toBe(200);
  });

  it('opens nothing by itself: a signature without a token is 401 unauthenticated', async () => {
    const fields = signatureFields({ method: 'PUT', target: path(), body: change(), key: panel });
    const headers = { 'content-type': 'application/json', ...fields };
    expect((await call<Problem>(app, `PUT ${path()}`, { headers, body: change() })).body.code).toBe('unauthenticated');
  });

  it('signs the empty body of an export, and a body that comes in chunks is digested whole', async () => {
    const route = '/api/admin/audit/export?format=csv';
    const signed = signatureFields({ method: 'GET', target: route, key: panel });
    const answer = await call(app, `GET ${route}`, { token: admin.access_token, headers: signed });
    expect(answer.status).toBe(200);
    expect((await call<Problem>(app, `GET ${route}`, { token: admin.access_token })).body.code).toBe(
      'signature-required',
    );
    const fields = signatureFields({ method: 'PUT', target: path(), body: change(), key: panel });
    const chunked = await fetch(app.url + path(), {
      method: 'PUT',
      headers: { authorization: `Bearer ${admin.access_token}`, 'content-type': 'application/json', ...fields },
      body: ReadableStream.from([change().slice(0, 5), change().slice(5)].map((piece) => Buffer.from(piece))),
      duplex: 'half',
    });
    expect(chunked.status).toBe(200);
  });

  it('leaves one audit row for each refusal, with its reason and who tried', async () => {
    const before = (await refusals()).length;
    await put({}, { body: '{}' });
    await put(minutes(-60));
    const rows = (await refusals()).slice(before);
    expect(rows).toEqual([
      { reason: 'signature-digest', actor_id: admin.id, target_id: 'PUT /api/users/:user_id' },
      { reason: 'signature-clock', actor_id: admin.id, target_id: 'PUT /api/users/:user_id' },
    ]);
  });

  it('keeps a nonce longer than its signature can be young, then forgets it', async () => {
    await put();
    const count = async () =>
      (await app.database.read((em) => em.execute<unknown[]>('select 1 from used_nonces'))).length;
    const cleanup = app.app.get(NonceCleanup, { strict: false });
    const before = await count();
    await cleanup.run();
    expect([before > 0, await count()]).toEqual([true, before]);
    await app.database.read((em) => em.execute("update used_nonces set expires_at = now() - interval '1 second'"));
    await cleanup.run();
    expect(await count()).toBe(0);
  });

  it('is done by the program in docs/request-signing.md', async () => {
    const document = readFileSync('docs/request-signing.md', 'utf8');
    const [, program = ''] = /```js\n([\s\S]*?)```/.exec(document) ?? [];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', program, '--', 'PUT', `${app.url}${path()}?`, change()],
      {
        env: {
          PATH: process.env['PATH'],
          SIGNING_KEY_ID: next.id,
          SIGNING_KEY: next.base64,
          ACCESS_TOKEN: admin.access_token,
        },
        timeout: 60_000,
      },
    );
    expect(stdout).toMatch(/^200 /);
    expect(await isChanged()).toBe(true);
  });
});

describe('a server without keys for operations', () => {
  it('asks for no signature, looks at none, and keys for webhooks do not change that', async () => {
    const other = await startTestApp({ env: { REQUEST_SIGNING_KEYS: `${hooks.id}:${hooks.base64}:webhooks` } });
    try {
      const [administrator, user] = [await createUser(other, { isAdmin: true }), await createUser(other)];
      const answer = await call(other, `PUT /api/users/${user.id}`, {
        token: administrator.access_token,
        json: { full_name: 'Somebody Else' },
        headers: { signature: 'nonsense' },
      });
      expect(answer.status).toBe(200);
    } finally {
      await other.close();
    }
  });
});
