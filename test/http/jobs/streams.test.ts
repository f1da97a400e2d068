// Event streams that many open, that nobody reads, and that outlive their right.
import { setTimeout as pause } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '../../../src/persistence/database.ts';
import { call, createUser, login, PASSWORD, type Problem, type TestUser } from '../../support/api.ts';
import { sharedTestApp, type TestApp } from '../../support/test-app.ts';

/** A second, and what a busy machine takes longer. */
const SOON_MS = 4_000;

interface OpenedStream {
  readonly status: number;
  readonly problem: Problem | undefined;
  /** What came until the stream ended. */
  readonly text: Promise<string>;
}

let app: TestApp;
const aborts: AbortController[] = [];

beforeAll(async () => {
  app = await sharedTestApp();
});
afterEach(() => {
  for (const abort of aborts.splice(0)) abort.abort();
});
afterAll(() => app.close());

const sql = (text: string, values: unknown[] = []): Promise<unknown> =>
  app.database.read((em) => em.execute(text, values));

/** A job that stays as it is until the test changes it. */
async function createJob({ id: userId }: TestUser): Promise<string> {
  const id = randomUUID();
  await sql(
    `insert into jobs (id, user_id, kind, parameters, exclusivity_key, state, counters) values (?, ?, 'scan', '{}', ?, 'running', '{}')`,
    [id, userId, id],
  );
  return id;
}

async function open(jobId: string, token: string): Promise<OpenedStream> {
  const abort = new AbortController();
  aborts.push(abort);
  const response = await fetch(`${app.url}/api/jobs/${jobId}/events`, {
    headers: { authorization: `Bearer ${token}` },
    signal: abort.signal,
  });
  if (response.status === 200) return { status: 200, problem: undefined, text: response.text().catch(String) };
  return { status: response.status, problem: (await response.json()) as Problem, text: Promise.resolve('') };
}

const endsSoon = async ({ text }: OpenedStream): Promise<boolean> => {
  const patience = new AbortController();
  const isOver = await Promise.race([
    text.then(() => true),
    pause(SOON_MS, false, { signal: patience.signal }).catch(() => false),
  ]);
  patience.abort();
  return isOver;
};

describe('F1 event streams', () => {
  it('are ten of one user at most, whatever others have open, and a closed one makes room', async () => {
    const [user, other] = [await createUser(app), await createUser(app)];
    const job = await createJob(user);
    const streams = await Promise.all(Array.from({ length: 14 }, () => open(job, user.access_token)));
    expect(streams.map(({ status }) => status).toSorted()).toEqual([
      200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 429, 429, 429, 429,
    ]);
    const refused = streams.find(({ status }) => status === 429);
    expect(refused?.problem).toMatchObject({ code: 'too-many-streams', retryable: true });
    expect((await open(await createJob(other), other.access_token)).status).toBe(200);
    aborts[streams.findIndex(({ status }) => status === 200)]?.abort();
    let again = await open(job, user.access_token);
    for (let round = 0; round < 50 && again.status !== 200; round += 1) {
      await pause(20);
      again = await open(job, user.access_token);
    }
    expect(again.status).toBe(200);
  });

  it('are served by one look at the database, however many follow', async () => {
    const users = await Promise.all(Array.from({ length: 6 }, () => createUser(app)));
    for (const user of users) {
      const job = await createJob(user);
      for (let index = 0; index < 5; index += 1) expect((await open(job, user.access_token)).status).toBe(200);
    }
    const database = app.app.get(Database);
    let reads = 0;
    const { read } = database;
    database.read = function counted(this: Database, ...args: Parameters<typeof read>) {
      reads += 1;
      return read.apply(this, args);
    } as typeof read;
    try {
      await pause(2_100);
    } finally {
      Reflect.deleteProperty(database, 'read');
    }
    // Two looks a second; 30 streams that look for themselves would need more than a hundred.
    expect(reads).toBeGreaterThan(0);
    expect(reads).toBeLessThan(12);
  });

  it('tell every follower of each change until the end', async () => {
    const user = await createUser(app);
    const job = await createJob(user);
    const streams = await Promise.all(Array.from({ length: 3 }, () => open(job, user.access_token)));
    await sql(`update jobs set counters = '{"files_indexed": 3}', updated_at = now() where id = ?`, [job]);
    await pause(1_200);
    await sql(`update jobs set state = 'succeeded', finished_at = now(), updated_at = now() where id = ?`, [job]);
    for (const { text } of streams) {
      const states = [...(await text).matchAll(/"state":"(\w+)","progress":({.*?})/g)].map(([, ...rest]) => rest);
      expect(states).toEqual([
        ['running', '{}'],
        ['running', '{"files_indexed":3}'],
        ['succeeded', '{"files_indexed":3}'],
      ]);
    }
  });
});

describe('F5 an event stream ends within a second of', () => {
  it.each<[string, (user: TestUser) => Promise<{ status: number }>]>([
    ['the logout of its session', (user) => call(app, 'POST /api/auth/logout', { token: user.access_token })],
    [
      'a change of password in another session',
      async (user) => {
        const { access_token: token } = await login(app, user);
        return call(app, 'PUT /api/users/me/password', {
          json: { current_password: PASSWORD, new_password: 'eleven boats below the bridge' },
          token,
        });
      },
    ],
    [
      'the end of all sessions by an administrator',
      async ({ id }) => {
        const { access_token: token } = await createUser(app, { isAdmin: true });
        return call(app, `POST /api/users/${id}/sessions/revoke`, { token });
      },
    ],
    [
      'the deactivation of its account',
      async ({ id }) => {
        const { access_token: token } = await createUser(app, { isAdmin: true });
        return call(app, `DELETE /api/users/${id}`, { token });
      },
    ],
  ])('%s', async (_, act) => {
    const user = await createUser(app);
    const stream = await open(await createJob(user), user.access_token);
    const standing = await createUser(app);
    const other = await open(await createJob(standing), standing.access_token);
    expect((await act(user)).status).toBeLessThan(300);
    expect(await endsSoon(stream)).toBe(true);
    expect(await Promise.race([other.text.then(() => 'ended'), pause(50, 'open')])).toBe('open');
  });

  it('the end of its personal access token', async () => {
    const user = await createUser(app);
    const made = await call<{ id: string; token: string }>(app, 'POST /api/auth/tokens', {
      json: { name: 'follows', scopes: ['jobs:read'] },
      token: user.access_token,
    });
    const stream = await open(await createJob(user), made.body.token);
    expect(stream.status).toBe(200);
    await call(app, `DELETE /api/auth/tokens/${made.body.id}`, { token: user.access_token });
    expect(await endsSoon(stream)).toBe(true);
  });

  it('the deletion of its job', async () => {
    const user = await createUser(app);
    const job = await createJob(user);
    const stream = await open(job, user.access_token);
    await sql('delete from jobs where id = ?', [job]);
    expect(await endsSoon(stream)).toBe(true);
  });
});
