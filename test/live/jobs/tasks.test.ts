// The server's own tasks across two processes on one PostgreSQL. Needs TEST_DATABASE_URL.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfiguration } from '../../../src/config/load-configuration.ts';
import { Boss } from '../../../src/jobs/boss.ts';
import { TaskHandler, type TaskData } from '../../../src/jobs/task-handler.port.ts';
import { Tasks } from '../../../src/jobs/tasks.ts';
import type { OpenDatabase } from '../../../src/persistence/open-database.ts';
import { SchemaMigrator } from '../../../src/persistence/schema-migrator.ts';
import { taskStates } from '../../support/task-queue.ts';
import { openTestDatabase } from '../../support/open-test-database.ts';
import { createTestDatabase, HAS_DATABASE_SERVER, type TestDatabase } from '../../support/test-database.ts';
import { until } from '../../support/until.ts';

const suite = HAS_DATABASE_SERVER ? describe : describe.skip;
const KIND = 'noted';

class Noting extends TaskHandler {
  override readonly kind = KIND;
  override readonly concurrency = 2;

  constructor(private readonly seen: string[]) {
    super();
  }

  override run(data: TaskData): Promise<void> {
    this.seen.push(String(data['id']));
    return Promise.resolve();
  }
}

suite('two workers on the PostgreSQL of TEST_DATABASE_URL', () => {
  const seen: string[] = [];
  const workers: { open: OpenDatabase; boss: Boss; tasks: Tasks }[] = [];
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    for (let index = 0; index < 2; index += 1) {
      const open = await openTestDatabase({
        url: database.url,
        dataFolder: '',
        poolSize: 4,
        statementTimeoutMs: 15_000,
      });
      const boss = new Boss(open);
      const schema = new SchemaMigrator(open);
      const tasks = new Tasks(boss, loadConfiguration({ NODE_ENV: 'test' }).http, schema);
      tasks.register(new Noting(seen));
      await schema.onApplicationBootstrap();
      workers.push({ open, boss, tasks });
    }
  });
  afterAll(async () => {
    for (const { open, boss, tasks } of workers) {
      tasks.onModuleDestroy();
      await boss.stop(1000);
      await open.close();
    }
    await database.drop();
  });

  it('share the tasks that both have queued, and each task is run by one of them', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => String(index));
    for (const id of ids) {
      const { open, tasks } = workers[Number(id) % 2]!;
      await open.database.transaction((em) => tasks.add(em, KIND, { id }));
    }
    await until(async () => {
      for (const { tasks } of workers) tasks.wake(KIND);
      const states = await taskStates(workers[0]!.open.database, KIND);
      return states.length === ids.length && states.every((state) => state === 'completed');
    });
    expect(seen.toSorted()).toEqual(ids.toSorted());
  });

  it('queue a repeated task once for each stretch of time', async () => {
    const before = (await taskStates(workers[0]!.open.database, KIND)).length;
    await Promise.all([0, 1, 0, 1].map((index) => workers[index]!.boss.sendEvery(KIND, 1_000_000)));
    expect(await taskStates(workers[0]!.open.database, KIND)).toHaveLength(before + 1);
  });
});
