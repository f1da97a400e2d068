// S58: the command that checks the audit trail, on the database of a server that has stopped.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createUser } from '../../support/api.ts';
import { ServerUnderTest } from '../../support/server-under-test.ts';
import { openTestDatabase } from '../../support/open-test-database.ts';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts';

describe('audit:verify', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'voiceassist-audit-'));
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    const server = await ServerUnderTest.start({ env: { DATABASE_URL: database.url }, dataDir });
    await createUser(server);
    await createUser(server);
    await server.stop();
  });
  afterAll(async () => {
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function verify(): Promise<{ code: number | null; output: string }> {
    const command = await ServerUnderTest.spawn({
      entry: 'audit/verify.command.ts',
      env: { DATABASE_URL: database.url },
      dataDir,
    });
    const { code } = await command.ended;
    return { code, output: command.output };
  }

  async function asOwner(statement: string): Promise<void> {
    const open = await openTestDatabase({
      url: database.url,
      dataFolder: dataDir,
      poolSize: 1,
      statementTimeoutMs: 5000,
    });
    try {
      await open.orm.em.fork().execute(statement);
    } finally {
      await open.close();
    }
  }

  it('S58 ends with 0 on an intact trail, and says how many events it checked', async () => {
    const { code, output } = await verify();
    expect(output).toMatch(/intact: [4-9] events checked/);
    expect(code).toBe(0);
  });

  it('S58 ends with 2 after the newest events were removed and the head was set back: a file outside the database tells', async () => {
    const last = '(select max(sequence) from audit_events)';
    await asOwner(`delete from audit_events where sequence = ${last}`);
    await asOwner(`delete from audit_events where sequence = ${last}`);
    await asOwner(
      `update audit_head h set sequence = e.sequence, mac = e.mac from audit_events e where e.sequence = ${last}`,
    );
    const removed = await verify();
    expect(removed.output).toMatch(/NOT intact: event \d+ \(newest-rows-removed\)/);
    expect(removed.code).toBe(2);
    // The check itself left an event, so the trail is as long as before: it is still not the one that was kept.
    expect((await verify()).code).toBe(2);
  });

  it('S58 ends with 2 and names the first bad row after the owner of the database changed one', async () => {
    await asOwner(
      `set session_replication_role = replica; update audit_events set outcome = 'denied' where sequence = 2`,
    );
    const { code, output } = await verify();
    expect(output).toContain('NOT intact: event 2');
    expect(code).toBe(2);
  });

  it('S58 ends with 1 when the trail cannot be read', async () => {
    const command = await ServerUnderTest.spawn({
      entry: 'audit/verify.command.ts',
      env: { DATABASE_URL: 'postgresql://voiceassist@127.0.0.1:9/none' },
    });
    expect(await command.ended).toEqual({ code: 1, signal: null });
  });
});
