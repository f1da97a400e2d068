// R22: files far larger than what may be kept of them, through a server that is a process of its own.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generatedPieces, generatedSha256 } from '../../nextcloud-double/generated-content.ts';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { createUser, type TestUser } from '../../support/api.ts';
import { callFile, openFile } from '../../support/file-calls.ts';
import { createLinkedUser, startSettledNextcloud } from '../../support/indexed-account.ts';
import { ServerUnderTest } from '../../support/server-under-test.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { until } from '../../support/until.ts';

const MIB = 1024 * 1024;
const SIZE = 300 * MIB;
const MAX_GROWTH_MIB = 64;
const KIB = 1024;

let nextcloud: NextcloudDouble;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let server: ServerUnderTest;
let anna: TestUser;

beforeAll(async () => {
  nextcloud = await startSettledNextcloud();
  database = await createTestDatabase();
  server = await ServerUnderTest.start({ env: { NEXTCLOUD_URL: nextcloud.url, DATABASE_URL: database.url } });
  anna = await createLinkedUser(server, nextcloud, 'anna');
  nextcloud.putGeneratedFile('anna', '/large.bin', SIZE);
  // Whatever a first transfer loads is loaded now.
  await upload('/warm.bin', 40 * MIB);
  nextcloud.putGeneratedFile('anna', '/warm-down.bin', 40 * MIB);
  await download('/warm-down.bin');
});
afterAll(async () => {
  await server.stop();
  await nextcloud.stop();
  await database.drop();
});

async function download(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of await openFile(server, anna, { method: 'GET', path })) hash.update(piece as Buffer);
  return hash.digest('hex');
}

async function upload(path: string, size: number, isKnown = true): Promise<number> {
  nextcloud.discardsChunks = true;
  const headers = { 'if-none-match': '*', ...(isKnown && { 'content-length': String(size) }) };
  const body = Readable.from(generatedPieces(0, size - 1));
  return (await callFile(server, anna, { method: 'PUT', path, body, headers })).status;
}

function rssMib(): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(server.pid)}/status`, 'utf8')) ?? [];
  return Number(kib) / KIB;
}

/** How much larger the server gets while something is done, in MiB. */
async function growthDuring(work: () => Promise<unknown>): Promise<number> {
  const before = rssMib();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, rssMib())), 20);
  await work().finally(() => clearInterval(timer));
  return Math.max(most, rssMib()) - before;
}

describe('R22', () => {
  it('a download of 300 MiB arrives whole and needs no memory for it', async () => {
    let sha256 = '';
    const growth = await growthDuring(async () => (sha256 = await download('/large.bin')));
    expect(sha256).toBe(generatedSha256(SIZE));
    expect(growth).toBeLessThan(MAX_GROWTH_MIB);
  });

  it.each([
    ['announced', true],
    ['not announced', false],
  ])('an upload of 300 MiB arrives whole and needs no memory for it, its length %s', async (_, isKnown) => {
    const path = `/uploaded-${String(isKnown)}.bin`;
    let status = 0;
    const growth = await growthDuring(async () => (status = await upload(path, SIZE, isKnown)));
    expect([status, nextcloud.uploadedSha256('anna', path)]).toEqual([201, generatedSha256(SIZE)]);
    expect(growth).toBeLessThan(MAX_GROWTH_MIB);
  });

  it('a client that reads slowly slows Nextcloud down; when it leaves the request there ends', async () => {
    nextcloud.clearRequests();
    const sent = (): number => nextcloud.requests.find(({ method }) => method === 'GET')?.responseBytes ?? 0;
    const growth = await growthDuring(async () => {
      const incoming = await openFile(server, anna, { method: 'GET', path: '/large.bin' });
      for (let read = 0; read < 20; read += 1) {
        incoming.read(1000);
        await sleep(100);
      }
      // What the buffers of sockets and the read-ahead hold, and no more.
      expect(sent()).toBeLessThan(32 * MIB);
      expect(nextcloud.isLocked('anna', '/large.bin')).toBe(true);
      incoming.destroy();
      await until(() => Promise.resolve(!nextcloud.isLocked('anna', '/large.bin')), 10_000);
    });
    expect(growth).toBeLessThan(MAX_GROWTH_MIB);
    expect(sent()).toBeLessThan(32 * MIB);
  });

  it('a client that sends slowly takes no place from others, and its unfinished upload is given up when it leaves', async () => {
    const gone = new Error('gone');
    const body = Readable.from(
      (async function* () {
        yield Buffer.alloc(6 * MIB);
        for (let sent = 0; sent < 10; sent += 1) {
          await sleep(100);
          yield Buffer.alloc(1000);
        }
        const other = await createUser(server);
        expect((await callFile(server, other, { method: 'GET', path: '/x' })).body.code).toBe('account-not-linked');
        await until(() => Promise.resolve(nextcloud.openUploads === 1));
        throw gone;
      })(),
    );
    const headers = { 'if-none-match': '*', 'content-length': String(SIZE) };
    await expect(openFile(server, anna, { method: 'PUT', path: '/slow.bin', body, headers })).rejects.toThrow(gone);
    await until(() => Promise.resolve(nextcloud.openUploads === 0));
    expect((await callFile(server, anna, { method: 'GET', path: '/slow.bin' })).status).toBe(404);
  });
});
