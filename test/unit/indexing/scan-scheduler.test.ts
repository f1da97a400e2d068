// Regular scans, from several processes.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ScanScheduler } from '../../../src/indexing/scanning/scan-scheduler.ts';
import { DocumentSources } from '../../../src/indexing/sources/document-sources.ts';
import { HttpConfig } from '../../../src/config/http.config.ts';
import { IndexingConfig } from '../../../src/config/indexing.config.ts';
import { JobsService } from '../../../src/jobs/jobs.service.ts';
import { insertUser } from '../../support/indexing-parts.ts';
import { MEMORY, MemorySource } from '../../support/memory-source.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

class LinkedUsers extends MemorySource {
  constructor(private readonly ids: readonly string[]) {
    super();
  }

  override usersWithSource(): Promise<string[]> {
    return Promise.resolve([...this.ids]);
  }
}

let app: TestApp;
let userIds: string[];

beforeAll(async () => {
  app = await startTestApp({ env: { PROCESS_ROLE: 'api' } });
});
afterAll(() => app.close());
beforeEach(async () => {
  userIds = [await insertUser(app.database), await insertUser(app.database)];
});

function scheduler(): ScanScheduler {
  const sources = new DocumentSources([new LinkedUsers(userIds)]);
  const config = Object.assign(new IndexingConfig(), { scanIntervalMinutes: 15 });
  return new ScanScheduler(
    app.database,
    app.app.get(JobsService, { strict: false }),
    sources,
    config,
    new HttpConfig(),
  );
}

const sql = <Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> =>
  app.database.read((em) => em.execute<Row[]>(text, values));

async function scansOf(userId: string): Promise<number> {
  const rows = await app.database.read((em) =>
    em.execute(`select id from jobs where user_id = ? and kind = 'scan'`, [userId]),
  );
  return (rows as unknown[]).length;
}

describe('a round of scans', () => {
  it('asks for one scan of every linked account, however many processes have a round', async () => {
    await Promise.all([scheduler().submitDue(), scheduler().submitDue(), scheduler().submitDue()]);
    expect(await Promise.all(userIds.map(scansOf))).toEqual([1, 1]);
  });

  it('leaves out who was scanned less than half an interval ago, and comes back to them', async () => {
    await scheduler().submitDue();
    await sql(`update jobs set state = 'succeeded', created_at = now() - interval '7 minutes' where kind = 'scan'`);
    await sql('update scan_states set due_at = now()');
    await scheduler().submitDue();
    expect(await scansOf(userIds[0]!)).toBe(1);
    await sql(`update jobs set created_at = now() - interval '8 minutes' where kind = 'scan'`);
    await sql('update scan_states set due_at = now()');
    await scheduler().submitDue();
    expect(await scansOf(userIds[0]!)).toBe(2);
  });

  it('F25 keeps the due times in rows: a process that starts delays nothing and repeats nothing', async () => {
    await scheduler().submitDue();
    const dueInMinutes = await sql<{ minutes: string }>(
      `select extract(epoch from due_at - now()) / 60 as minutes from scan_states where user_id = ?`,
      [userIds[0]],
    );
    expect(Number(dueInMinutes[0]?.minutes)).toBeGreaterThan(15 * 0.9 - 1);
    expect(Number(dueInMinutes[0]?.minutes)).toBeLessThanOrEqual(15 * 1.1);
    await sql(`update jobs set state = 'succeeded', created_at = now() - interval '14 minutes' where kind = 'scan'`);
    await scheduler().submitDue();
    expect(await scansOf(userIds[0]!)).toBe(1);
    await sql(`update scan_states set due_at = now() - interval '1 second'`);
    await scheduler().submitDue();
    expect(await scansOf(userIds[0]!)).toBe(2);
  });

  it('R14: asks once for a scan that trusts nothing where one is due, and for nobody else', async () => {
    const [due = '', recent = ''] = userIds;
    const unlinked = await insertUser(app.database);
    await app.database.read((em) =>
      em.execute(
        `insert into scan_states (user_id, source, reconciled_at) values (?, ?, now() - interval '25 hours'),
           (?, ?, now() - interval '23 hours'), (?, ?, now() - interval '25 hours')`,
        [due, MEMORY, recent, MEMORY, unlinked, MEMORY],
      ),
    );
    await Promise.all([scheduler().submitReconciles(), scheduler().submitReconciles()]);
    expect([await scansOf(due), await scansOf(recent), await scansOf(unlinked)]).toEqual([1, 0, 0]);
  });
});
