// The Files API from end to end: on the double, or on the real Nextcloud of TEST_NEXTCLOUD_URL.
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, createUser, type TestUser } from '../../support/api.ts';
import { callFile, type ByteAnswer } from '../../support/file-calls.ts';
import { NextcloudTarget, type TargetUser } from '../../support/nextcloud-target.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const FILES = '/api/integrations/files';
const MIB = 1024 * 1024;
const NEW = { 'if-none-match': '*' };

let target: NextcloudTarget;
let app: TestApp;
let anna: TestUser;
let home: TargetUser;

beforeAll(async () => {
  target = await NextcloudTarget.start();
  home = await target.makeUser();
  app = await startTestApp({ env: { NEXTCLOUD_URL: target.baseUrl } });
  anna = await createUser(app);
  const { loginName, secret } = home.credential;
  const json = { login_name: loginName, app_password: secret };
  const linked = await call(app, 'PUT /api/integrations/nextcloud/account', { token: anna.access_token, json });
  if (linked.status !== 200) throw new Error(`link: ${linked.text}`);
});
afterAll(async () => {
  await app.close();
  await target.stop();
});

const put = (
  path: string,
  body: Buffer | string | Readable,
  headers: Record<string, string> = NEW,
): Promise<ByteAnswer> => callFile(app, anna, { method: 'PUT', path, body, headers });
const get = (path: string, headers: Record<string, string> = {}): Promise<ByteAnswer> =>
  callFile(app, anna, { method: 'GET', path, headers });
const post = (route: string, json: object) => call(app, `POST ${FILES}/${route}`, { token: anna.access_token, json });
const look = (route: string, query: Record<string, string>) =>
  call<Record<string, unknown> & { entries: { name: string; path: string }[] }>(
    app,
    `GET ${FILES}${route}?${new URLSearchParams(query).toString()}`,
    { token: anna.access_token },
  );

describe('F8: a file', () => {
  it('is written, read, replaced, moved, copied, found and deleted', async () => {
    expect((await post('folders', { path: '/Trip/ü 100% #1', recursive: true })).status).toBe(201);
    const path = '/Trip/ü 100% #1/naïve "notes" 😀.txt';
    const made = await put(path, 'first words');
    expect(made.status).toBe(201);
    const read = await get(path);
    expect([read.bytes.toString(), read.headers['etag']]).toEqual(['first words', made.headers['etag']]);
    const part = await get(path, { range: 'bytes=0-0' });
    expect([part.status, part.bytes.toString(), part.headers['content-range']]).toEqual([206, 'f', 'bytes 0-0/11']);
    expect((await get(path, { 'if-none-match': `W/${String(made.headers['etag'])}` })).status).toBe(304);
    expect((await get(path, { range: 'bytes=11-' })).headers['content-range']).toBe('bytes */11');
    expect((await put(path, 'other words', { 'if-match': '"stale"' })).status).toBe(412);
    const again = await put(path, 'the second words', { 'if-match': String(made.headers['etag']) });
    expect([again.status, again.body['fileid']]).toEqual([200, made.body['fileid']]);
    const moved = await post('move', { from: path, to: '/Trip/moved.txt' });
    expect([moved.status, moved.body['fileid']]).toEqual([200, made.body['fileid']]);
    expect((await post('copy', { from: '/Trip/moved.txt', to: '/Trip/copy.txt' })).status).toBe(200);
    expect((await post('copy', { from: '/Trip/moved.txt', to: '/Trip/copy.txt' })).status).toBe(409);
    expect((await post('copy', { from: '/Trip/moved.txt', to: '/Trip/copy.txt', overwrite: true })).status).toBe(200);
    const listed = await look('', { path: '/Trip' });
    expect(listed.body.entries.map(({ name }) => name)).toEqual(['copy.txt', 'moved.txt', 'ü 100% #1']);
    const found = await look('/search', { query: 'MOVED', path: '/Trip' });
    expect([found.body.entries.map((entry) => entry.path), found.body['is_complete']]).toEqual([
      ['/Trip/moved.txt'],
      true,
    ]);
    const etag = String((await get('/Trip/copy.txt')).headers['etag']);
    const headers = { 'if-match': etag };
    expect((await callFile(app, anna, { method: 'DELETE', path: '/Trip/copy.txt', headers })).status).toBe(204);
    const folder = { method: 'DELETE', path: '/Trip', route: 'folders', headers: { 'if-match': '*' } };
    expect((await callFile(app, anna, folder)).status).toBe(204);
    expect((await get('/Trip/moved.txt')).status).toBe(404);
  });

  it.each([
    ['announced', true],
    ['not announced', false],
  ])('of many chunks arrives as it was sent, its length %s', async (_, isKnown) => {
    const content = randomBytes(11 * MIB + 17);
    const path = `/large-${String(isKnown)}.bin`;
    const length = isKnown ? { 'content-length': String(content.length) } : {};
    const made = await put(path, Readable.from([content.subarray(0, MIB), content.subarray(MIB)]), {
      ...NEW,
      ...length,
    });
    expect([made.status, made.body['size']]).toEqual([201, content.length]);
    const read = await get(path);
    expect([read.bytes.equals(content), read.headers['etag']]).toEqual([true, made.headers['etag']]);
    expect((await put(path, Buffer.alloc(6 * MIB))).status).toBe(412);
    expect((await put(path, Buffer.alloc(6 * MIB), { 'if-match': '"stale"' })).status).toBe(412);
    const replaced = await put(path, Buffer.alloc(6 * MIB), { 'if-match': String(made.headers['etag']) });
    expect([replaced.status, replaced.body['fileid']]).toEqual([200, made.body['fileid']]);
  });

  it('is refused where it cannot be, small and large', async () => {
    for (const body of ['x', Buffer.alloc(6 * MIB)]) {
      expect((await put('/nowhere/x.bin', body)).body.code).toBe('parent-not-found');
    }
    await put('/leaf.txt', 'leaf');
    expect((await put('/leaf.txt/below.txt', 'x')).body.code).toBe('parent-not-found');
    expect((await post('folders', { path: '/leaf.txt/below/deep', recursive: true })).body['code']).toBe(
      'parent-not-found',
    );
    expect((await post('folders', { path: '/leaf.txt' })).body['code']).toBe('file-exists');
    expect((await look('/quota', {})).body['used_bytes']).toBeGreaterThan(0);
  });
});
