// F4: what is left of an erased account in the data folder of the embedded database.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, login, type TestUser } from '../../support/api.ts';
import { Canaries } from '../../support/canaries.ts';
import { copyTemplate } from '../../support/database-template.ts';
import { createLinkedUser, putFiles, startSettledNextcloud } from '../../support/indexed-account.ts';
import { ServerUnderTest } from '../../support/server-under-test.ts';
import { until } from '../../support/until.ts';

const ADMIN = { email: 'chief@clinic.example', password: 'a pass-phrase of the chief 1' };
const SCAN = 'POST /api/integrations/files/scan-and-index?wait=30';

const canaries = new Canaries();
const folder = canaries.make('name of a folder');
const title = canaries.make('name of a file');
const text = canaries.make('text of a document');
const fullName = canaries.make('full name');

let nextcloud: NextcloudDouble;
let server: ServerUnderTest;
let dataDir: string;
let user: TestUser;
let admin: string;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'voiceassist-erasure-'));
  copyTemplate(dataDir);
  nextcloud = await startSettledNextcloud();
  server = await ServerUnderTest.start({
    dataDir,
    env: {
      NEXTCLOUD_URL: nextcloud.url,
      NEXTCLOUD_WATCH_DIRECTORIES: '/Documents',
      INITIAL_ADMIN_EMAIL: ADMIN.email,
      INITIAL_ADMIN_PASSWORD: ADMIN.password,
    },
  });
  admin = (await login(server, ADMIN)).access_token;
  user = await createLinkedUser(server, nextcloud, 'ada');
  canaries.watch('address', user.email);
  await call(server, 'PUT /api/users/me', { token: user.access_token, json: { full_name: fullName } });
  putFiles(nextcloud, 'ada', { [`/Documents/${folder}/${title}.md`]: `# A letter\n\nThe diagnosis is ${text}.` });
});
afterAll(async () => {
  await server.stop();
  await nextcloud.stop();
  rmSync(dataDir, { recursive: true });
});

/** Names of marked values in files below the data folder. */
function left(): string[] {
  const found = new Set<string>();
  for (const entry of readdirSync(dataDir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    for (const name of canaries.foundIn(contentOf(join(entry.parentPath, entry.name)))) found.add(name);
  }
  return [...found].toSorted();
}

/** Empty for a file that is gone by now. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

describe('F4 an account that is erased', () => {
  it('F4 has the text of its documents nowhere in the data folder in the clear while it lives', async () => {
    const scanned = await call<{ files_indexed: number }>(server, SCAN, { token: user.access_token });
    expect(scanned.body.files_indexed).toBe(1);
    const asked = await call(server, 'POST /api/realtime/query', {
      token: user.access_token,
      json: { query: `What is the diagnosis ${text}?` },
    });
    expect(asked.text).toContain(text);
    await call(server, 'POST /api/auth/password/forgot', { json: { email: user.email } });
    await until(() => Promise.resolve(mails().length > 0), 20_000);
    expect(left()).toEqual(['address', 'full name', 'name of a file', 'name of a folder']);
  });

  it('F4 leaves nothing readable there, mails included, soon after', async () => {
    expect((await call(server, `DELETE /api/users/${user.id}`, { token: admin })).status).toBe(204);
    expect((await call(server, `POST /api/users/${user.id}/erase`, { token: admin })).status).toBe(204);
    await until(() => Promise.resolve(left().length === 0), 60_000);
    expect(mails()).toEqual([]);
    expect(await (await fetch(`${server.url}/ready`)).json()).toMatchObject({ checks: { postgres: true } });
  });
});

function mails(): string[] {
  return readdirSync(dataDir).includes('mail') ? readdirSync(join(dataDir, 'mail')) : [];
}
