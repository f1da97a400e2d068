// F23: the backup and restore of docs/operations.md, as an operator makes them.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, createUser, login, type Reachable, type TestUser } from '../../support/api.ts';
import { copyTemplate } from '../../support/database-template.ts';
import { ask, createLinkedUser, putFiles, scan, startSettledNextcloud } from '../../support/indexed-account.ts';
import { ServerUnderTest } from '../../support/server-under-test.ts';
import { createTestDatabase, HAS_DATABASE_SERVER } from '../../support/test-database.ts';

const QUESTION = 'What relieves gout?';

let folder: string;
let nextcloud: NextcloudDouble;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'voiceassist-restore-'));
  nextcloud = await startSettledNextcloud();
});
afterAll(async () => {
  await nextcloud.stop();
  rmSync(folder, { recursive: true });
});

const environment = (more: Readonly<Record<string, string | undefined>>) => ({
  NEXTCLOUD_URL: nextcloud.url,
  NEXTCLOUD_WATCH_DIRECTORIES: '/Documents',
  ...more,
});

async function fill(server: Reachable, uid: string): Promise<TestUser> {
  const user = await createLinkedUser(server, nextcloud, uid);
  putFiles(nextcloud, uid, { '/Documents/gout.txt': 'Colchicine relieves an acute attack of gout.' });
  expect((await scan(server, user)).body['files_indexed']).toBe(1);
  return user;
}

/** Whoever was there before is: password, session, app password, passages. */
async function expectRestored(server: Reachable, user: TestUser): Promise<void> {
  const loggedIn = { ...user, ...(await login(server, user)) };
  expect((await call(server, 'GET /api/auth/me', { token: user.access_token })).status).toBe(200);
  expect((await ask(server, loggedIn, QUESTION)).body.citations[0]?.quoted_text).toContain('Colchicine');
  expect((await scan(server, loggedIn)).body).toMatchObject({ files_discovered: 1, files_indexed: 0 });
}

async function verifyTrail(
  dataDir: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ code: number | null; output: string }> {
  const command = await ServerUnderTest.spawn({ entry: 'audit/verify.command.ts', dataDir, env });
  const { code } = await command.ended;
  return { code, output: command.output };
}

(HAS_DATABASE_SERVER ? describe : describe.skip)('F23 a dump of PostgreSQL', () => {
  it('F23 fills an empty database that the server works on as before; the check of the trail tells what is missing', async () => {
    const [source, target] = [await createTestDatabase(), await createTestDatabase()];
    const keys = {
      JWT_SECRET: randomBytes(64).toString('hex'),
      SECRETS_KEYS: `k1:${randomBytes(32).toString('base64')}`,
      AUDIT_ANCHOR_FILE: join(folder, 'anchors.jsonl'),
    };
    const before = await ServerUnderTest.start({ env: environment({ ...keys, DATABASE_URL: source.url }) });
    const user = await fill(before, 'ada');
    const dump = join(folder, 'voiceassist.dump');
    execFileSync('pg_dump', ['--format=custom', `--file=${dump}`, String(source.url)]);
    const late = await createUser(before);
    await before.stop();

    execFileSync('pg_restore', ['--no-owner', `--dbname=${String(target.url)}`, dump]);
    const env = environment({ ...keys, DATABASE_URL: target.url });
    const found = await verifyTrail(folder, env);
    expect([found.code, found.output]).toEqual([2, expect.stringContaining('newest-rows-removed')]);
    rmSync(join(folder, 'anchors.jsonl'));
    expect(await verifyTrail(folder, env)).toMatchObject({ code: 0 });

    const after = await ServerUnderTest.start({ env });
    await expectRestored(after, user);
    await expect(login(after, late)).rejects.toThrow('401');
    await after.stop();
    await source.drop();
    await target.drop();
  });
});

describe('F23 a copy of the data folder', () => {
  it('F23 put in its place is the server as it was', async () => {
    const [dataDir, copy] = [join(folder, 'data'), join(folder, 'copy')];
    copyTemplate(dataDir);
    const before = await ServerUnderTest.start({ dataDir, env: environment({}) });
    const user = await fill(before, 'ben');
    await before.stop();
    cpSync(dataDir, copy, { recursive: true });
    rmSync(dataDir, { recursive: true });
    cpSync(copy, dataDir, { recursive: true });
    const after = await ServerUnderTest.start({ dataDir, env: environment({}) });
    await expectRestored(after, user);
    await after.stop();
  });
});
