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

describe('an error that nobody catches', () => {
  it.each([
    ['thrown in a callback', `setTimeout(() => { throw new TypeError(${MESSAGE}); });`],
    ['of a promise', `Promise.reject(new TypeError(${MESSAGE}));`],
    ['that is no error', `setTimeout(() => { throw ${MESSAGE}; });`],
  ])(
    'R25 %s ends the process with one line in the log and exit code 1; the next start finds everything',
    async (_, code) => {
      const database = await createTestDatabase();
      const options = { env: { DATABASE_URL: database.url }, dataDir, preload: [onSignal(code)] };
      const server = await ServerUnderTest.start(options);
      const user = await createUser(server);
      server.signal('SIGUSR2');
      expect(await server.ended).toEqual({ code: 1, signal: null });
      const lines = server.output.trim().split('\n');
      const fatal = lines.map((line) => JSON.parse(line) as { level: number }).filter(({ level }) => level === 60);
      expect(fatal).toHaveLength(1);
      expect(server.output).not.toContain('Zq9vTxR2');

      const next = await ServerUnderTest.start(options);
      expect((await call(next, 'GET /api/auth/me', { token: user.access_token })).status).toBe(200);
      await next.stop();
      await database.drop();
    },
    120_000,
  );
});
