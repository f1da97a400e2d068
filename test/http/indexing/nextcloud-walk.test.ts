// From a linked account to a cited answer and back: on the double, or on the real Nextcloud of TEST_NEXTCLOUD_URL.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, createUser, type TestUser } from '../../support/api.ts';
import { NextcloudTarget, type TargetUser } from '../../support/nextcloud-target.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

interface Scan {
  readonly files_discovered: number;
  readonly files_indexed: number;
  readonly files_failed: number;
  readonly files_skipped: number;
}

interface Answer {
  readonly answer: string;
  readonly citations: readonly { path: string; revision: string; quoted_text: string; document_id: string }[];
}

// Longer than the 2 s in which an overwritten file cannot be told from the one before it.
const SETTLE_MS = 3100;
const POLL_MS = 200;

let target: NextcloudTarget;
let app: TestApp;
let owner: TestUser;
let stranger: TestUser;
let home: TargetUser;

beforeAll(async () => {
  target = await NextcloudTarget.start();
  home = await target.makeUser();
  await target.makeFolder(home, '/Guidelines');
  await target.makeFolder(home, '/Guidelines/b%C3%BCro%20%23');
  await target.putFile(home, '/Guidelines/tetanus.md', '# Tetanus\n\nA tetanus booster is due every ten years.\n');
  await target.putFile(home, '/Guidelines/b%C3%BCro%20%23/50%25.txt', 'The office closes at four on Fridays.');
  await target.putFile(home, '/Guidelines/image.png', 'not a document');
  app = await startTestApp({
    env: { NEXTCLOUD_URL: target.baseUrl, NEXTCLOUD_WATCH_DIRECTORIES: '/Guidelines,/Not-There' },
  });
  owner = await createUser(app);
  stranger = await createUser(app);
  const { loginName, secret } = home.credential;
  const json = { login_name: loginName, app_password: secret };
  const linked = await call(app, 'PUT /api/integrations/nextcloud/account', { token: owner.access_token, json });
  if (linked.status !== 200) throw new Error(`link: ${linked.text}`);
});
afterAll(async () => {
  await app.close();
  await target.stop();
});

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

async function scan(): Promise<Scan> {
  const route = 'POST /api/integrations/files/scan-and-index?source_type=guideline&wait=60';
  const answer = await call<Scan>(app, route, { token: owner.access_token });
  if (answer.status !== 200) throw new Error(`scan: ${answer.text}`);
  return answer.body;
}

async function ask(query: string, who: TestUser = owner): Promise<Answer> {
  const answer = await call<Answer>(app, 'POST /api/realtime/query', { token: who.access_token, json: { query } });
  if (answer.status !== 200) throw new Error(`query: ${answer.text}`);
  return answer.body;
}

describe('documents of a linked account', () => {
  it('F5 are counted: discovered = indexed + failed + skipped, and only documents count', async () => {
    expect(await scan()).toMatchObject({ files_discovered: 2, files_indexed: 2, files_failed: 0, files_skipped: 0 });
  });

  it('F7 answer a question with a citation that quotes exactly', async () => {
    const { answer, citations } = await ask('When is a tetanus booster due?');
    expect(answer).toContain('A tetanus booster is due every ten years.');
    expect(citations[0]).toMatchObject({
      path: '/Guidelines/tetanus.md',
      quoted_text: expect.stringContaining('every ten years'),
    });
  });

  it('are found by names with %, # and ü', async () => {
    const { citations } = await ask('When does the office close on Fridays?');
    expect(citations.map((citation) => citation.path)).toEqual(['/Guidelines/büro #/50%.txt']);
  });

  it('S30 answer nobody but their owner', async () => {
    expect((await ask('When is a tetanus booster due?', stranger)).citations).toEqual([]);
  });

  it('F4 R14 are not read again while nothing changes', async () => {
    // The first scan after an upload looks again at what was too fresh to be told apart.
    await settle();
    await scan();
    expect(await scan()).toMatchObject({ files_discovered: 2, files_indexed: 0, files_skipped: 2 });
  });

  it('are read again when they change, and the old text is gone', async () => {
    await target.putFile(home, '/Guidelines/tetanus.md', '# Tetanus\n\nA tetanus booster is due every FIVE years.\n');
    expect(await scan()).toMatchObject({ files_indexed: 1, files_skipped: 1 });
    expect((await ask('When is a tetanus booster due?')).answer).toContain('every FIVE years');
    expect((await ask('When is a tetanus booster due?')).answer).not.toContain('every ten years');
  });

  it('X-idx4 keep their identity when their folder is renamed, and are cited by the new path', async () => {
    const before = (await ask('When does the office close on Fridays?')).citations[0];
    await target.move(home, '/Guidelines/b%C3%BCro%20%23', '/Guidelines/desk');
    expect(await scan()).toMatchObject({ files_discovered: 2 });
    const after = (await ask('When does the office close on Fridays?')).citations[0];
    expect(after).toMatchObject({ path: '/Guidelines/desk/50%.txt', document_id: before?.document_id });
  });

  it('are found in a copied folder, whose subfolders Nextcloud hides from a listing in depth', async () => {
    await target.makeFolder(home, '/Guidelines/ward');
    await target.makeFolder(home, '/Guidelines/ward/night');
    await target.putFile(home, '/Guidelines/ward/night/rounds.txt', 'Night rounds begin at eleven.');
    expect(await scan()).toMatchObject({ files_discovered: 3 });
    await target.copy(home, '/Guidelines/ward', '/Guidelines/ward-copy');
    expect(await scan()).toMatchObject({ files_discovered: 4 });
    expect(await scan()).toMatchObject({ files_discovered: 4 });
    await target.remove(home, '/Guidelines/ward');
    expect(await scan()).toMatchObject({ files_discovered: 3 });
    const { citations } = await ask('When do night rounds begin?');
    expect(citations.map((citation) => citation.path)).toEqual(['/Guidelines/ward-copy/night/rounds.txt']);
    await target.remove(home, '/Guidelines/ward-copy');
    expect(await scan()).toMatchObject({ files_discovered: 2 });
  });

  it('leave the index while a .noindex file lies in their folder, and come back without an upload', async () => {
    await target.makeFolder(home, '/Guidelines/night');
    await target.putFile(home, '/Guidelines/night/moon.txt', 'The full moon changes nothing.');
    expect(await scan()).toMatchObject({ files_discovered: 3 });
    await target.putFile(home, '/Guidelines/night/.noindex', '');
    expect(await scan()).toMatchObject({ files_discovered: 2 });
    expect((await ask('What does the full moon change?')).citations).toEqual([]);
    await target.remove(home, '/Guidelines/night/.noindex');
    expect(await scan()).toMatchObject({ files_discovered: 3, files_indexed: 1 });
    expect((await ask('What does the full moon change?')).citations).toHaveLength(1);
    await target.remove(home, '/Guidelines/night');
    expect(await scan()).toMatchObject({ files_discovered: 2 });
  });

  it('X-idx4 leave the index when they are deleted', async () => {
    await target.remove(home, '/Guidelines/tetanus.md');
    expect(await scan()).toMatchObject({ files_discovered: 1 });
    expect((await ask('When is a tetanus booster due?')).citations).toEqual([]);
  });

  it('S31 leave the index when the account is unlinked', async () => {
    expect((await ask('When does the office close on Fridays?')).citations).toHaveLength(1);
    await call(app, 'DELETE /api/integrations/nextcloud/account', { token: owner.access_token });
    const deadline = Date.now() + 60_000;
    while ((await ask('When does the office close on Fridays?')).citations.length > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    expect((await ask('When does the office close on Fridays?')).citations).toEqual([]);
  });
});
