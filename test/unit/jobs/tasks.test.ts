// The server's own durable work: queued with its cause, run at least once, repeated until it succeeds.
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfiguration } from '../../../src/config/load-configuration.ts';
import { Boss } from '../../../src/jobs/boss.ts';
import { TaskHandler, type TaskData } from '../../../src/jobs/task-handler.port.ts';
import { Tasks } from '../../../src/jobs/tasks.ts';
import type { OpenDatabase } from '../../../src/persistence/open-database.ts';
import { SchemaMigrator } from '../../../src/persistence/schema-migrator.ts';
import { EMBEDDED_TEMPLATE } from '../../support/database-template.ts';
import { makeTasksDue, taskStates } from '../../support/task-queue.ts';
import { until } from '../../support/until.ts';
import { openTestDatabase } from '../../support/open-test-database.ts';

/** Notes what it was run with, and fails as often as it is told. */
class Recorder extends TaskHandler {
  override readonly kind = kind;
  override readonly concurrency: number;
  readonly runs: TaskData[] = [];
  failures = 0;
  running = 0;
  mostRunning = 0;
  gate: Promise<void> = Promise.resolve();

  constructor({ concurrency = 1, everySeconds }: { concurrency?: number; everySeconds?: number } = {}) {
    super();
    this.concurrency = concurrency;
    if (everySeconds !== undefined) Object.assign(this, { everySeconds });
  }

  override async run(data: TaskData): Promise<void> {
    this.runs.push(data);
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    await this.gate;
    this.running -= 1;
    if (this.runs.length <= this.failures) throw new Error('not yet');
  }
}

let kind: string;
let open: OpenDatabase;
let boss: Boss;
let tasks: Tasks;

beforeAll(async () => {
  open = await openTestDatabase({
    url: undefined,
    dataFolder: 'memory://',
    template: EMBEDDED_TEMPLATE,
    poolSize: 1,
    statementTimeoutMs: 5000,
  });
  boss = new Boss(open);
});
// A queue of its own for each test.
beforeEach(() => {
  kind = `recorder-${randomUUID()}`;
});
afterEach(() => tasks.onModuleDestroy());
afterAll(async () => {
  await boss.stop(1000);
  await open.close();
});

/** Starts a process that knows one kind of task. */
async function start(handler: TaskHandler, environment: Record<string, string> = {}): Promise<Tasks> {
  const schema = new SchemaMigrator(open);
  tasks = new Tasks(boss, loadConfiguration({ NODE_ENV: 'test', ...environment }).http, schema);
  tasks.register(handler);
  await schema.onApplicationBootstrap();
  return tasks;
}

describe('tasks', () => {
  it('are run with their data after the transaction that queued them, and once', async () => {
    const handler = new Recorder();
    await start(handler);
    await open.database.transaction((em) => tasks.add(em, kind, { id: 'a', count: 2 }));
    tasks.wake(kind);
    await until(async () => (await taskStates(open.database, kind)).includes('completed'));
    expect(handler.runs).toEqual([{ id: 'a', count: 2 }]);
  });

  it('do not exist when the transaction that queued them is rolled back', async () => {
    const handler = new Recorder();
    await start(handler);
    const undone = open.database.transaction(async (em) => {
      await tasks.add(em, kind, { id: 'a' });
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    await open.database.transaction((em) => tasks.add(em, kind, { id: 'b' }));
    tasks.wake(kind);
    await until(async () => (await taskStates(open.database, kind)).includes('completed'));
    expect(handler.runs).toEqual([{ id: 'b' }]);
  });

  it('are run again after a failure, with a pause that grows, until they succeed', async () => {
    const handler = new Recorder();
    handler.failures = 3;
    await start(handler);
    await open.database.transaction((em) => tasks.add(em, kind, { id: 'a' }));
    const pauses: number[] = [];
    for (const failed of [1, 2, 3]) {
      tasks.wake(kind);
      await until(async () => {
        const [state] = await taskStates(open.database, kind);
        return handler.runs.length === failed && state === 'retry';
      });
      pauses.push(await makeTasksDue(open.database, kind));
    }
    tasks.wake(kind);
    await until(async () => (await taskStates(open.database, kind)).includes('completed'));
    expect(handler.runs).toEqual(Array(4).fill({ id: 'a' }));
    expect(pauses[0]).toBeGreaterThan(0);
    // Each is drawn from the upper half of twice the one before, so the third is longer than the first in any case.
    expect(pauses[2]).toBeGreaterThan(pauses[0]!);
  });

  it('have tries and pauses that reach over two days', async () => {
    await start(new Recorder());
    await open.database.transaction((em) => tasks.add(em, kind, {}));
    const [job] = await open.database.read((em) =>
      em.execute<{ limit: number; first: number; longest: number; grows: boolean }[]>(
        `select retry_limit as "limit", retry_delay as first, retry_delay_max as longest, retry_backoff as grows
         from pgboss.job where name = ?`,
        [kind],
      ),
    );
    const { limit, first, longest, grows } = job!;
    expect(grows).toBe(true);
    // The queue spreads each pause over its upper half, so the shortest course is half of the sum.
    const pauses = Array.from({ length: limit }, (_, index) => Math.min(longest, first * 2 ** index));
    expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBeGreaterThan(2 * 86_400);
  });

  it('run side by side, as many as their kind allows', async () => {
    const handler = new Recorder({ concurrency: 2 });
    let openGate = (): void => undefined;
    handler.gate = new Promise((resolve) => {
      openGate = resolve;
    });
    await start(handler);
    await open.database.transaction(async (em) => {
      for (const id of ['a', 'b', 'c', 'd']) await tasks.add(em, kind, { id });
    });
    await until(() => Promise.resolve(handler.running === 2));
    openGate();
    await until(async () => {
      tasks.wake(kind);
      const states = await taskStates(open.database, kind);
      return states.length === 4 && states.every((state) => state === 'completed');
    });
    expect(handler.mostRunning).toBe(2);
  });

  it('are queued but not run by a process that only answers requests', async () => {
    const handler = new Recorder({ everySeconds: 1000 });
    await start(handler, { PROCESS_ROLE: 'api' });
    await open.database.transaction((em) => tasks.add(em, kind, { id: 'a' }));
    tasks.wake(kind);
    expect(await taskStates(open.database, kind)).toEqual(['created']);
    expect(handler.runs).toEqual([]);
  });

  it('that repeat are queued once for each stretch of time, by however many processes', async () => {
    const handler = new Recorder({ everySeconds: 100_000 });
    await start(handler);
    await boss.sendEvery(kind, 100_000);
    await boss.sendEvery(kind, 100_000);
    await until(async () => (await taskStates(open.database, kind)).includes('completed'));
    expect(await taskStates(open.database, kind)).toEqual(['completed']);
    expect(handler.runs).toEqual([{}]);
  });

  it('that repeat and fail wait for their next time', async () => {
    const handler = new Recorder({ everySeconds: 100_000 });
    handler.failures = 1;
    await start(handler);
    await until(async () => (await taskStates(open.database, kind)).includes('failed'));
    expect(await taskStates(open.database, kind)).toEqual(['failed']);
  });
});
