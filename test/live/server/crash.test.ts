// R25: an error that nobody catches, as from a callback inside a library.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { call, createUser } from '../../support/api.ts';
import { ServerUnderTest } from '../../support/server-under-test.ts';
import { createTestDatabase } from '../../support/test-database.ts';

/** Names a person, as the message of a library error may; in two parts, because stack frames name the module. */
const MESSAGE = `'cannot read the chart of Zq9v' + 'TxR2'`;

/** A module that does something when the process is told SIGUSR2. */
const onSignal = (code: string): string =>
  `data:text/javascript,${encodeURIComponent(`process.on('SIGUSR2', () => { ${code} });`)}`;

const dataDir = mkdtempSync(join(tmpdir(), 'voiceassist-crash-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

/** Starts a server, lets the error happen, and returns how the process ended. */
async function crash(code: string, whatever: (server: ServerUnderTest) => Promise<void>, env = {}): Promise<string> {
  const server = await ServerUnderTest.start({ env, dataDir, preload: [onSignal(code)] });
  await whatever(server);
  server.signal('SIGUSR2');
  expect(await server.ended).toEqual({ code: 1, signal: null });
  return server.output;
}

function expectOneFatalLine(output: string): void {
  const lines = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: number });
  expect(lines.filter(({ level }) => level === 60)).toHaveLength(1);
  expect(output).not.toContain('Zq9vTxR2');
}

describe('an error that nobody catches', () => {
  it.each([
    ['of a promise', `Promise.reject(new TypeError(${MESSAGE}));`],
    ['that is no error', `setTimeout(() => { throw ${MESSAGE}; });`],
  ])('R25 %s ends the process with one line in the log and exit code 1', async (_, code) => {
    expectOneFatalLine(await crash(code, () => Promise.resolve()));
  });

  it('R25 in a callback does so too, and the next start finds everything', async () => {
    const database = await createTestDatabase();
    const env = { DATABASE_URL: database.url };
    let token = '';
    const output = await crash(
      `setTimeout(() => { throw new TypeError(${MESSAGE}); });`,
      async (server) => {
        token = (await createUser(server)).access_token;
      },
      env,
    );
    expectOneFatalLine(output);
    const next = await ServerUnderTest.start({ env, dataDir });
    expect((await call(next, 'GET /api/auth/me', { token })).status).toBe(200);
    await next.stop();
    await database.drop();
  });
});
