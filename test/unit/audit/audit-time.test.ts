// R24: events carry the time of the database, whatever the clock of the process says.
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AuditTrail } from '../../../src/audit/audit-trail.ts';
import { migrate } from '../../../src/persistence/migrate.ts';
import type { OpenDatabase } from '../../../src/persistence/open-database.ts';
import { KeyRing } from '../../../src/secrets/key-ring.ts';
import { EMBEDDED_TEMPLATE } from '../../support/database-template.ts';
import { openTestDatabase } from '../../support/open-test-database.ts';

const SKEW_MS = 5 * 60 * 1000;
/** `new Date()` and `Date.now()` lie; the timers of the database driver go on. */
const EVERYTHING_BUT_DATE = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

let open: OpenDatabase;
let trail: AuditTrail;

beforeAll(async () => {
  open = await openTestDatabase({
    url: undefined,
    dataFolder: 'memory://',
    template: EMBEDDED_TEMPLATE,
    poolSize: 1,
    statementTimeoutMs: 5000,
  });
  await migrate(open);
  trail = new AuditTrail(open.database, new KeyRing(`k1:${randomBytes(32).toString('base64')}`));
});
afterEach(() => {
  jest.useRealTimers();
});
afterAll(() => open.close());

describe('AuditTrail', () => {
  it('R24: orders events by the time of the database when the clock of the process jumps back and forth', async () => {
    const start = Date.now();
    for (const skewMs of [SKEW_MS, -SKEW_MS, 0]) {
      jest.useFakeTimers({ now: start + skewMs, doNotFake: [...EVERYTHING_BUT_DATE] });
      await trail.record({ actorId: null, action: 'audit.read', outcome: 'success', details: { count: 0 } });
    }
    jest.useRealTimers();
    const rows = await open.database.read((em) =>
      em.execute<{ occurred_at: Date; is_near: boolean }[]>(
        `select occurred_at, abs(extract(epoch from clock_timestamp() - occurred_at)) < 120 as is_near
         from audit_events order by sequence`,
      ),
    );
    const times = rows.map((row) => new Date(row.occurred_at).getTime());
    expect(times).toHaveLength(3);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(rows.every((row) => row.is_near)).toBe(true);
  });
});
