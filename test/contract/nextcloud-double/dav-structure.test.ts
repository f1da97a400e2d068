// MKCOL, MOVE, COPY and DELETE: what they create, replace and refuse.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exceptionOf } from './multistatus.ts';
import { NextcloudUnderTest } from './nextcloud-under-test.ts';
import type { TestUser } from './nextcloud-under-test.ts';
import { bearer, send } from './raw-http.ts';

let nextcloud: NextcloudUnderTest;
let anna: TestUser;
let bert: TestUser;

beforeAll(async () => {
  nextcloud = await NextcloudUnderTest.start();
  anna = await nextcloud.createUser();
  bert = await nextcloud.createUser();
  await nextcloud.makeFolder(anna, '/folder');
  await nextcloud.put(anna, '/folder/inner.txt', 'inner');
});

afterAll(async () => nextcloud.stop());

function transfer(method: 'MOVE' | 'COPY', from: string, destination: string, headers: Record<string, string> = {}) {
  return nextcloud.dav(anna, from, { method, headers: { Destination: destination, ...headers } });
}

const url = (path: string) => nextcloud.davUrl(anna, path);

describe('MKCOL', () => {
  it('answers 201, on an existing path 405, with a missing parent 409', async () => {
    const make = async (path: string) => (await nextcloud.dav(anna, path, { method: 'MKCOL' })).status;
    expect([await make('/made'), await make('/made'), await make('/no/such')]).toEqual([201, 405, 409]);
  });

  it('refuses a body-less name with a backslash', async () => {
    expect((await nextcloud.dav(anna, '/a%5Cb', { method: 'MKCOL' })).status).toBe(400);
  });
});

describe('MOVE and COPY', () => {
  it('take an absolute or a path-only Destination and ignore its host', async () => {
    for (const [index, prefix] of ['', nextcloud.url, 'http://other.example'].entries()) {
      await nextcloud.put(anna, '/here.txt', 'x');
      const destination = `${prefix}/remote.php/dav/files/${anna.uid}/there-${index}.txt`;
      expect((await transfer('MOVE', '/here.txt', destination)).status).toBe(201);
    }
  });

  it('replace an existing target with 204 by default and leave it with 412 on Overwrite: F', async () => {
    await nextcloud.put(anna, '/source.txt', 'source');
    await nextcloud.put(anna, '/existing.txt', 'existing');
    const refused = await transfer('MOVE', '/source.txt', url('/existing.txt'), { Overwrite: 'F' });
    expect([refused.status, refused.text.includes('<s:header>Overwrite</s:header>')]).toEqual([412, true]);
    expect((await transfer('COPY', '/source.txt', url('/existing.txt'))).status).toBe(204);
    expect((await transfer('MOVE', '/source.txt', url('/existing.txt'))).status).toBe(204);
    expect((await nextcloud.dav(anna, '/existing.txt')).text).toBe('source');
    expect((await nextcloud.dav(anna, '/source.txt')).status).toBe(404);
  });

  it('answer 409 with a missing parent, 404 with a missing source, 400 without Destination', async () => {
    await nextcloud.put(anna, '/lonely.txt', 'x');
    for (const method of ['MOVE', 'COPY'] as const) {
      expect((await transfer(method, '/lonely.txt', url('/no/such/x.txt'))).status).toBe(409);
      expect((await transfer(method, '/missing.txt', url('/x.txt'))).status).toBe(404);
      expect((await nextcloud.dav(anna, '/lonely.txt', { method })).status).toBe(400);
    }
  });

  it('refuse to move a folder into itself, onto itself, or out of the DAV root', async () => {
    expect((await transfer('MOVE', '/folder', url('/folder/below'))).status).toBe(409);
    expect((await transfer('MOVE', '/folder', url('/folder'))).status).toBe(403);
    expect((await transfer('MOVE', '/folder', '/elsewhere/x')).status).toBe(403);
  });

  it("never reach another user's home", async () => {
    await nextcloud.put(anna, '/mine.txt', 'x');
    const answer = await transfer('COPY', '/mine.txt', nextcloud.davUrl(bert, '/mine.txt'));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect((await nextcloud.dav(bert, '/mine.txt')).status).toBe(404);
  });
});

describe('DELETE', () => {
  it('answers 204, then 404, and takes a folder with everything in it', async () => {
    await nextcloud.makeFolder(anna, '/doomed');
    await nextcloud.put(anna, '/doomed/a.txt', 'x');
    expect((await nextcloud.dav(anna, '/doomed', { method: 'DELETE' })).status).toBe(204);
    expect((await nextcloud.dav(anna, '/doomed', { method: 'DELETE' })).status).toBe(404);
    expect((await nextcloud.dav(anna, '/doomed/a.txt')).status).toBe(404);
  });

  it('refuses the home itself with 403', async () => {
    const answer = await nextcloud.dav(anna, '/', { method: 'DELETE' });
    expect([answer.status, exceptionOf(answer).exception]).toEqual([403, 'Sabre\\DAV\\Exception\\Forbidden']);
  });

  it('honours If-Match', async () => {
    await nextcloud.put(anna, '/guarded.txt', 'x');
    const headers = { 'If-Match': '"stale"' };
    expect((await nextcloud.dav(anna, '/guarded.txt', { method: 'DELETE', headers })).status).toBe(412);
  });

  it('cannot remove what belongs to somebody else', async () => {
    await nextcloud.put(bert, '/theirs.txt', 'x');
    const answer = await send(nextcloud.davUrl(bert, '/theirs.txt'), {
      method: 'DELETE',
      headers: bearer(anna.appPassword),
    });
    expect(answer.status).toBe(404);
    expect((await nextcloud.dav(bert, '/theirs.txt')).status).toBe(200);
  });
});
