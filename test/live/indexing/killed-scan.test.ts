// Bars R11 and R12: SIGKILL at any moment of a scan. Needs TEST_DATABASE_URL.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { migrate } from '../../../src/persistence/migrate.ts';
import type { OpenDatabase } from '../../../src/persistence/open-database.ts';
import { chunkSet, insertUser } from '../../support/indexing-parts.ts';
import { openTestDatabase } from '../../support/open-test-database.ts';
import { createTestDatabase, HAS_DATABASE_SERVER, type TestDatabase } from '../../support/test-database.ts';

const suite = HAS_DATABASE_SERVER ? describe : describe.skip;

const USER_ID = '0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f';
const KILLS_PER_VERSION = 6;

/** When a scan is killed: at the n-th question to the source that begins so. */
interface Kill {
  readonly question: string;
  readonly count: number;
}

/** By turns early, while it lists or begins to read, and further on. All six together leave files of the 24 for the end. */
function nextKill(kills: number): Kill {
  const question = kills % 2 === 0 ? '' : 'download ';
  return { question, count: 1 + Math.floor(Math.random() * 6) };
}
const SUPPORT = new URL('../../support/', import.meta.url);

jest.setTimeout(600_000);

suite('a scan that is killed on the PostgreSQL of TEST_DATABASE_URL', () => {
  let testDatabase: TestDatabase;
  let open: OpenDatabase;
  let dataDir: string;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    open = await openTestDatabase({ url: testDatabase.url, dataFolder: '', poolSize: 2, statementTimeoutMs: 30_000 });
    await migrate(open);
    dataDir = mkdtempSync(join(tmpdir(), 'voiceassist-killed-'));
  });
  afterAll(async () => {
    await open.close();
    await testDatabase.drop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** @returns true when the scan ended before it was killed */
  async function scan(version: '1' | '2', kill?: Kill): Promise<boolean> {
    const child = fork(new URL('scan-child.ts', SUPPORT), [testDatabase.url ?? '', USER_ID, dataDir, version], {
      execArgv: ['--no-warnings', '--import', new URL('../runner/module-hooks.ts', SUPPORT).pathname],
    });
    const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    let left = kill?.count ?? Infinity;
    child.on('message', (message) => {
      if (typeof message === 'string' && message.startsWith(kill?.question ?? '')) left -= 1;
      if (left === 0) child.kill('SIGKILL');
    });
    const [code, signal] = await ended;
    if (code !== 0 && signal !== 'SIGKILL') throw new Error(`The scan ended with ${code ?? signal}`);
    return code === 0;
  }

  async function anew(): Promise<void> {
    await open.database.read((em) => em.execute('delete from users where id = ?', [USER_ID]));
    await insertUser(open.database, USER_ID);
  }

  it('ends, once it is taken up again, in the same chunks as an undisturbed one, and leaves no file behind', async () => {
    const undisturbed: string[][] = [];
    await anew();
    for (const version of ['1', '2'] as const) {
      await scan(version);
      undisturbed.push(await chunkSet(open.database, USER_ID));
    }
    expect(undisturbed.map((lines) => lines.some((line) => line.includes('Text 0 as it is now')))).toEqual([
      false,
      true,
    ]);

    await anew();
    const killed: string[][] = [];
    let killCount = 0;
    for (const version of ['1', '2'] as const) {
      for (let kills = 0; kills < KILLS_PER_VERSION; kills += 1) {
        if (await scan(version, nextKill(kills))) break;
        killCount += 1;
      }
      await scan(version);
      killed.push(await chunkSet(open.database, USER_ID));
    }
    expect(killCount).toBeGreaterThanOrEqual(3);
    expect(killed).toEqual(undisturbed);
    expect(readdirSync(join(dataDir, 'tmp'))).toEqual([]);
  });
});
