// S14 and S54: the commands that change keys, as an operator runs them. The second part needs TEST_DATABASE_URL.
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EntityManager } from '@mikro-orm/postgresql';
import { migrate } from '../../../src/persistence/migrate.ts';
import type { OpenDatabase } from '../../../src/persistence/open-database.ts';
import { KeyRing } from '../../../src/secrets/key-ring.ts';
import { Sealer } from '../../../src/secrets/sealer.ts';
import { call, createUser, type TestUser } from '../../support/api.ts';
import { ServerUnderTest } from '../../support/server-under-test.ts';
import { openTestDatabase } from '../../support/open-test-database.ts';
import { createTestDatabase, HAS_DATABASE_SERVER, type TestDatabase } from '../../support/test-database.ts';

const ENTRY = 'secrets/rotate-keys.command.ts';
const TIMEOUT_MS = 120_000;

async function run(args: string[], options: { env?: Record<string, string | undefined>; dataDir: string }) {
  const command = await ServerUnderTest.spawn({ entry: ENTRY, args, ...options });
  const { code } = await command.ended;
  return { code, output: command.output };
}

describe('keys:rotate -- signing', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'voiceassist-signing-'));
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  const kidOf = (token: string): string =>
    (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid;

  it(
    'S14 changes the key of a development server, and nobody is logged out',
    async () => {
      const database = await createTestDatabase();
      const env = { DATABASE_URL: database.url };
      const before = await ServerUnderTest.start({ env, dataDir });
      const user: TestUser = await createUser(before);
      await before.stop();
      const { code, output } = await run(['signing'], { dataDir });
      expect([code, output]).toEqual([0, expect.stringContaining('new signing key')]);
      const after = await ServerUnderTest.start({ env, dataDir });
      expect((await call(after, 'GET /api/auth/me', { token: user.access_token })).status).toBe(200);
      const renewed = await call<TestUser>(after, 'POST /api/auth/refresh', {
        json: { refresh_token: user.refresh_token },
      });
      expect(output).toContain(kidOf(renewed.body.access_token));
      expect(kidOf(renewed.body.access_token)).not.toBe(kidOf(user.access_token));
      await after.stop();
      await database.drop();
    },
    TIMEOUT_MS,
  );

  it('answers anything else with its usage', async () => {
    for (const args of [[], ['all'], ['signing', 'now']]) {
      expect(await run(args, { dataDir })).toEqual({
        code: 2,
        output: expect.stringContaining('Usage: npm run keys:rotate'),
      });
    }
  });
});

(HAS_DATABASE_SERVER ? describe : describe.skip)('keys:rotate -- sealing', () => {
  const OLD = `k1:${randomBytes(32).toString('base64')}`;
  const NEW = `k2:${randomBytes(32).toString('base64')}`;
  const FIELD = 'nextcloud_accounts.sealed_secret';
  const USERS = 350;
  const LOCK = 7_142_026;
  const dataDir = mkdtempSync(join(tmpdir(), 'voiceassist-sealing-'));
  const sealed = new Map<string, string>();
  let database: TestDatabase;
  let open: OpenDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    open = await openTestDatabase({ url: database.url, dataFolder: '', poolSize: 4, statementTimeoutMs: 60_000 });
    await migrate(open);
    const sealer = new Sealer(new KeyRing(OLD));
    await open.database.transaction(async (em) => {
      for (let index = 0; index < USERS; index += 1) {
        const ownerId = randomUUID();
        await em.execute('insert into users (id, email) values (?, ?)', [ownerId, `${ownerId}@clinic.example`]);
        sealed.set(ownerId, await sealer.seal(em, `secret of ${ownerId}`, { ownerId, field: FIELD }));
      }
    });
  }, TIMEOUT_MS);
  afterAll(async () => {
    await open.close();
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const env = (SECRETS_KEYS: string): Record<string, string | undefined> => ({
    DATABASE_URL: database.url,
    SECRETS_KEYS,
  });

  /** @throws UnsealError when one record cannot be read */
  async function readAll(ring: string, em: EntityManager): Promise<number> {
    const sealer = new Sealer(new KeyRing(ring));
    for (const [ownerId, text] of sealed) {
      expect(await sealer.unseal(em, text, { ownerId, field: FIELD })).toBe(`secret of ${ownerId}`);
    }
    return sealed.size;
  }

  async function countOn(keyId: string): Promise<number> {
    const [row] = await open.database.read((em) =>
      em.execute<{ count: string }[]>("select count(*) from user_keys where split_part(wrapped_key, '.', 2) = ?", [
        keyId,
      ]),
    );
    return Number(row?.count);
  }

  it(
    'S54 is killed in the middle of a batch and run again: all is readable at each moment, and none is left on the old key',
    async () => {
      // The command comes to a stop where this lock is held: in its third batch, after two were committed.
      const third = [...sealed.keys()].sort()[250] ?? '';
      await open.database.read((em) =>
        em.execute(
          `create function stop_here() returns trigger language plpgsql as
             $$ begin perform pg_advisory_xact_lock(${LOCK}); return new; end $$;
           create trigger stop_here before update on user_keys for each row
             when (old.user_id = '${third}') execute function stop_here()`,
        ),
      );
      await open.database.transaction(async (em) => {
        await em.execute(`select pg_advisory_xact_lock(${LOCK})`);
        const command = await ServerUnderTest.spawn({
          entry: ENTRY,
          args: ['sealing'],
          env: env(`${NEW},${OLD}`),
          dataDir,
        });
        await command.until(async () => {
          const waiting = await open.database.read((other) =>
            other.execute<unknown[]>(
              "select 1 from pg_locks where locktype = 'advisory' and objid = ? and not granted",
              [LOCK],
            ),
          );
          return waiting.length > 0;
        });
        command.signal('SIGKILL');
        expect((await command.ended).signal).toBe('SIGKILL');
      });
      await open.database.read((em) => em.execute('drop trigger stop_here on user_keys'));
      expect([await countOn('k2'), await countOn('k1')]).toEqual([200, USERS - 200]);
      await open.database.read((em) => readAll(`${NEW},${OLD}`, em));

      const again = await run(['sealing'], { env: env(`${NEW},${OLD}`), dataDir });
      expect([again.code, again.output]).toEqual([0, expect.stringContaining(`Wrapped anew: ${USERS - 200}.`)]);
      expect(again.output).toContain('k1 may be removed from SECRETS_KEYS');
      expect([await countOn('k2'), await countOn('k1')]).toEqual([USERS, 0]);
      expect(await open.database.read((em) => readAll(NEW, em))).toBe(USERS);
    },
    TIMEOUT_MS,
  );

  it(
    'S54 ends with 2 and names the key while something is left on it, and keeps a key that the audit trail needs as verify',
    async () => {
      const [lost = ''] = sealed.keys();
      const stranger = new Sealer(new KeyRing(`gone:${randomBytes(32).toString('base64')}`));
      await open.database.transaction(async (em) => {
        await stranger.erase(em, lost);
        await stranger.seal(em, 'x', { ownerId: lost, field: FIELD });
      });
      const newest = `k3:${randomBytes(32).toString('base64')}`;
      const left = await run(['sealing'], { env: env(`${newest},${NEW}`), dataDir });
      expect(left.code).toBe(2);
      expect(left.output).toContain('gone: wraps the keys of 1 users');
      // The runs before have signed their own rows of the trail with k2.
      expect(left.output).toContain('Mark it k2:<key>:verify');
      expect(left.output).not.toContain(newest.slice(3));
      const verdict = await ServerUnderTest.spawn({
        entry: 'audit/verify.command.ts',
        env: env(`${newest},${NEW}:verify`),
        dataDir,
      });
      expect((await verdict.ended).code).toBe(0);
    },
    TIMEOUT_MS,
  );
});
