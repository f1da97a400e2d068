// The truth about a session: read on every request, in few queries, never older than the request.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SessionLoader } from '../../../src/auth/sessions/session-loader.ts';
import { AuthConfig } from '../../../src/config/auth.config.ts';
import { Database, type PreparedStatement } from '../../../src/persistence/database.ts';
import { migrate } from '../../../src/persistence/migrate.ts';
import type { OpenDatabase } from '../../../src/persistence/open-database.ts';
import { EMBEDDED_TEMPLATE } from '../../support/database-template.ts';
import { openTestDatabase } from '../../support/open-test-database.ts';

/** A database that counts its reads and can hold them back or break. */
class WatchedDatabase extends Database {
  reads = 0;
  before: () => Promise<void> = () => Promise.resolve();

  override async ask<Row>(statement: PreparedStatement, values: readonly unknown[]): Promise<Row[]> {
    this.reads += 1;
    await this.before();
    return super.ask(statement, values);
  }
}

let open: OpenDatabase;
let database: WatchedDatabase;
let loader: SessionLoader;
let userId: string;
let sessionId: string;

beforeAll(async () => {
  open = await openTestDatabase({
    url: undefined,
    dataFolder: 'memory://',
    template: EMBEDDED_TEMPLATE,
    poolSize: 1,
    statementTimeoutMs: 5000,
  });
  await migrate(open);
});
afterAll(() => open.close());

beforeEach(async () => {
  database = new WatchedDatabase(open.orm);
  database.markReady();
  loader = new SessionLoader(database, new AuthConfig());
  userId = randomUUID();
  await sql(`insert into users (id, email, hashed_password) values ('${userId}', '${userId}@clinic.example', 'x')`);
  sessionId = await openSession();
});

function sql(statement: string): Promise<unknown> {
  return open.database.read((em) => em.execute(statement));
}

async function openSession(): Promise<string> {
  const id = randomUUID();
  // Not of this moment: the embedded database counts in milliseconds, and what follows may come in the same one.
  await sql(`insert into sessions (id, user_id, created_at, expires_at, address)
    values ('${id}', '${userId}', now() - interval '1 second', now() + interval '1 hour', '127.0.0.1')`);
  return id;
}

describe('SessionLoader', () => {
  it('tells whose a living session is', async () => {
    await expect(loader.findPrincipal(sessionId)).resolves.toEqual({
      userId,
      sessionId,
      email: `${userId}@clinic.example`,
      role: 'user',
      scopes: null,
      authenticatedSecondsAgo: 0,
    });
    await expect(loader.findPrincipal(randomUUID())).resolves.toBeUndefined();
  });

  it.each([
    ['the session has ended', "update sessions set ended_at = now() where id = '$session'"],
    ['the session has expired', "update sessions set expires_at = now() where id = '$session'"],
    ['it was idle too long', "update sessions set last_used_at = now() - interval '8 days' where id = '$session'"],
    ['the user is deactivated', "update users set is_active = false where id = '$user'"],
    ['all sessions of the user were ended', "update users set sessions_not_before = now() where id = '$user'"],
    ['the user is gone', "delete from users where id = '$user'"],
  ])('knows nobody when %s', async (_, statement) => {
    await sql(statement.replace('$session', sessionId).replace('$user', userId));
    await expect(loader.findPrincipal(sessionId)).resolves.toBeUndefined();
  });

  it('serves 500 parallel requests of 50 sessions with at most two queries, each with its own answer', async () => {
    const ids = await Promise.all(Array.from({ length: 50 }, openSession));
    const first = loader.findPrincipal(sessionId);
    await Promise.resolve();
    const found = await Promise.all(
      Array.from({ length: 500 }, (_, index) => loader.findPrincipal(ids[index % 50] ?? '')),
    );
    await first;
    expect(found.map((principal) => principal?.sessionId)).toEqual(found.map((_, index) => ids[index % 50]));
    expect(database.reads).toBeLessThanOrEqual(2);
  });

  it('X-auth10 gives a request that comes after the end of a session no answer from a query that began before it', async () => {
    let release: () => void = () => undefined;
    database.before = () => new Promise((resolve) => (release = resolve));
    const early = loader.findPrincipal(sessionId);
    await new Promise(setImmediate);
    const releaseEarly = release;
    database.before = () => Promise.resolve();
    await sql(`update sessions set ended_at = now() where id = '${sessionId}'`);
    const late = loader.findPrincipal(sessionId);
    releaseEarly();
    await early;
    await expect(late).resolves.toBeUndefined();
    expect(database.reads).toBe(2);
  });

  it('fails the requests of a broken query, and answers the next ones', async () => {
    database.before = () => Promise.reject(new Error('gone'));
    await expect(
      Promise.allSettled([loader.findPrincipal(sessionId), loader.findPrincipal(sessionId)]),
    ).resolves.toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    database.before = () => Promise.resolve();
    await expect(loader.findPrincipal(sessionId)).resolves.toMatchObject({ userId });
  });
});
