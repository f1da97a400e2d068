// Scans that somebody asks for because something may have changed.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpConfig } from '../../../src/config/http.config.ts';
import { IndexingConfig } from '../../../src/config/indexing.config.ts';
import { ChangeHints } from '../../../src/indexing/scanning/change-hints.ts';
import { DocumentSources } from '../../../src/indexing/sources/document-sources.ts';
import { ScanRequests } from '../../../src/indexing/sources/scan-requests.port.ts';
import { JobsService } from '../../../src/jobs/jobs.service.ts';
import { insertUser } from '../../support/indexing-parts.ts';
import { MEMORY, MemorySource } from '../../support/memory-source.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

let app: TestApp;
let requests: ScanRequests;
let linked: Set<string>;
let userId: string;
let other: string;

class LinkedUsers extends MemorySource {
  override usersWithSource(): Promise<string[]> {
    return Promise.resolve([...linked]);
  }
}

beforeAll(async () => {
  app = await startTestApp({ env: { PROCESS_ROLE: 'api' } });
  requests = app.app.get(ScanRequests);
});
afterAll(() => app.close());
beforeEach(async () => {
  await app.database.read((em) => em.execute('delete from users'));
  userId = await insertUser(app.database);
  other = await insertUser(app.database);
  linked = new Set([userId, other]);
});

function hints(): ChangeHints {
  const config = Object.assign(new IndexingConfig(), { hintSeconds: 15 });
  const jobs = app.app.get(JobsService, { strict: false });
  return new ChangeHints(app.database, jobs, new DocumentSources([new LinkedUsers()]), config, new HttpConfig());
}

async function scansOf(user: string): Promise<number> {
  const rows = await app.database.read((em) => em.execute<unknown[]>('select 1 from jobs where user_id = ?', [user]));
  return rows.length;
}

const setJobs = (state: string): Promise<unknown> =>
  app.database.read((em) => em.execute('update jobs set state = ?', [state]));

describe('hints of changes', () => {
  it('R14: become one scan, however many there are and however many processes look', async () => {
    await Promise.all(Array.from({ length: 40 }, () => requests.trigger({ userId, source: MEMORY })));
    const counts = await Promise.all([hints().submitDue(), hints().submitDue(), hints().submitDue()]);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect([await scansOf(userId), await scansOf(other)]).toEqual([1, 0]);
    expect(await hints().submitDue()).toBe(0);
  });

  it('R27: bring one scan per user and stretch of time, and the late ones are not lost', async () => {
    await requests.trigger({ userId, source: MEMORY });
    await hints().submitDue();
    await setJobs('succeeded');
    await requests.trigger({ userId, source: MEMORY });
    expect(await hints().submitDue()).toBe(0);
    await app.database.read((em) =>
      em.execute(`update scan_states set hint_taken_at = now() - interval '16 seconds' where user_id = ?`, [userId]),
    );
    expect(await hints().submitDue()).toBe(1);
    expect(await scansOf(userId)).toBe(2);
  });

  it('wait for the end of a scan that may have passed the place already', async () => {
    await requests.trigger({ userId, source: MEMORY });
    await hints().submitDue();
    await setJobs('running');
    await app.database.read((em) => em.execute('update scan_states set hint_taken_at = null'));
    await requests.trigger({ userId, source: MEMORY });
    expect(await hints().submitDue()).toBe(0);
    await setJobs('succeeded');
    expect(await hints().submitDue()).toBe(1);
  });

  it('are dropped for users whose account is not linked', async () => {
    linked.delete(userId);
    await requests.trigger({ userId, source: MEMORY });
    await requests.trigger({ userId: other, source: MEMORY });
    expect(await hints().submitDue()).toBe(1);
    expect([await scansOf(userId), await scansOf(other)]).toEqual([0, 1]);
    expect(await hints().submitDue()).toBe(0);
  });
});
