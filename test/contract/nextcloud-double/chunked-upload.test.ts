// Chunked upload, version 2: what MKCOL, PUT, MOVE and DELETE under /remote.php/dav/uploads answer.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exceptionOf } from './multistatus.ts';
import { NextcloudUnderTest } from './nextcloud-under-test.ts';
import type { TestUser } from './nextcloud-under-test.ts';
import { bearer, send } from './raw-http.ts';
import type { RawAnswer } from './raw-http.ts';

const FIRST = Buffer.alloc(5 * 1024 * 1024, 'a');
const LAST = 'the end';
const TOTAL = String(FIRST.length + LAST.length);

let nextcloud: NextcloudUnderTest;
let anna: TestUser;
let number = 0;

beforeAll(async () => {
  nextcloud = await NextcloudUnderTest.start();
  anna = await nextcloud.createUser();
});
afterAll(async () => nextcloud.stop());

const upload = (method: string, path: string, headers: Record<string, string> = {}, body?: string | Buffer) =>
  send(`${nextcloud.url}/remote.php/dav/uploads/${anna.uid}/${path}`, {
    method,
    headers: { ...bearer(anna.appPassword), ...headers },
    ...(body === undefined ? {} : { body }),
  });

/** Opens an upload and sends two chunks. @returns its id */
async function sendChunks(): Promise<string> {
  const id = `contract-${String((number += 1))}`;
  expect((await upload('MKCOL', id)).status).toBe(201);
  expect((await upload('PUT', `${id}/00001`, {}, FIRST)).status).toBe(201);
  expect((await upload('PUT', `${id}/00002`, {}, LAST)).status).toBe(201);
  return id;
}

const join = (id: string, path: string, headers: Record<string, string> = {}): Promise<RawAnswer> =>
  upload('MOVE', `${id}/.file`, { Destination: nextcloud.davUrl(anna, path), 'OC-Total-Length': TOTAL, ...headers });

const contentOf = async (path: string): Promise<string> => (await nextcloud.dav(anna, path)).text;

describe('a chunked upload', () => {
  it('makes a new file with 201 and replaces one with 204, naming fileid and ETag, and is gone then', async () => {
    const id = await sendChunks();
    const made = await join(id, '/big.bin');
    expect(made.status).toBe(201);
    expect(made.headers['oc-fileid']).toMatch(/^\d{8}oc/);
    expect(made.headers.etag).toMatch(/^".+"$/);
    expect(await contentOf('/big.bin')).toBe(FIRST.toString() + LAST);
    expect((await upload('PROPFIND', id)).status).toBe(404);
    const replaced = await join(await sendChunks(), '/big.bin');
    expect([replaced.status, replaced.headers['oc-fileid']]).toEqual([204, made.headers['oc-fileid']]);
  });

  it('with Overwrite: F never replaces: 412', async () => {
    await nextcloud.put(anna, '/there.bin', 'there');
    const answer = await join(await sendChunks(), '/there.bin', { Overwrite: 'F' });
    expect([answer.status, exceptionOf(answer).exception]).toEqual([412, 'Sabre\\DAV\\Exception\\PreconditionFailed']);
    expect(await contentOf('/there.bin')).toBe('there');
    expect((await join(await sendChunks(), '/not-there.bin', { Overwrite: 'F' })).status).toBe(201);
  });

  it('with If and an entity tag replaces this version only: 412 for another, 404 for none', async () => {
    const put = await nextcloud.put(anna, '/version.bin', 'version', { 'X-OC-MTime': '1700000000' });
    const only = (etag: string, path = '/version.bin') => ({ If: `<${nextcloud.davUrl(anna, path)}> ([${etag}])` });
    const id = await sendChunks();
    expect((await join(id, '/version.bin', only('"stale"'))).status).toBe(412);
    expect(await contentOf('/version.bin')).toBe('version');
    expect((await join(id, '/missing.bin', only('"stale"', '/missing.bin'))).status).toBe(404);
    expect((await join(id, '/version.bin', only(put.headers.etag ?? ''))).status).toBe(204);
  });

  it('with If never matches a folder: 412', async () => {
    await nextcloud.makeFolder(anna, '/folder');
    const listed = await nextcloud.dav(anna, '/folder', { method: 'PROPFIND', headers: { Depth: '0' } });
    const etag = /getetag>&quot;([^&]+)&quot;/.exec(listed.text)?.[1] ?? '';
    const headers = { If: `<${nextcloud.davUrl(anna, '/folder')}> (["${etag}"])` };
    expect((await nextcloud.dav(anna, '/folder', { method: 'DELETE', headers })).status).toBe(412);
  });

  it('answers 400 when the chunks are not as long as announced, 409 without the folder to put it in', async () => {
    const id = await sendChunks();
    const short = await join(id, '/short.bin', { 'OC-Total-Length': '5' });
    expect([short.status, exceptionOf(short).exception]).toEqual([400, 'Sabre\\DAV\\Exception\\BadRequest']);
    expect((await join(id, '/nowhere/short.bin')).status).toBe(409);
    expect((await upload('DELETE', id)).status).toBe(204);
    expect((await upload('DELETE', id)).status).toBe(404);
  });

  it('answers 405 to the second MKCOL of one id', async () => {
    const id = await sendChunks();
    expect((await upload('MKCOL', id)).status).toBe(405);
    expect((await upload('DELETE', id)).status).toBe(204);
  });
});
