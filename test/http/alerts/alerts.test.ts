// What administrators are told of: log line, counter, and a mail that a flood does not multiply.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { withOrigin } from '../../../src/access/request-origin.ts';
import { ALERTS, type AlertKind } from '../../../src/alerts/alert-kinds.ts';
import { AlertTask } from '../../../src/alerts/alert.task.ts';
import type { AuditRecord } from '../../../src/audit/audit-record.ts';
import { AuditTrail } from '../../../src/audit/audit-trail.ts';
import { MemoryCounters } from '../../../src/ephemeral/memory-counters.ts';
import { Metrics } from '../../../src/metrics/metrics.ts';
import { Notifier } from '../../../src/notifications/notifier.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const FAILURES = 5;
const POLL_MS = 100;

let app: TestApp;
let trail: AuditTrail;

beforeAll(async () => {
  app = await startTestApp({ env: { ALERT_LOGIN_FAILURES_PER_NETWORK: String(FAILURES) } });
  trail = app.app.get(AuditTrail, { strict: false });
});
afterAll(() => app.close());

beforeEach(async () => {
  await sql('delete from users');
});

async function sql<Row extends object>(statement: string, values: unknown[] = []): Promise<Row[]> {
  return app.database.read((em) => em.execute<Row[]>(statement, values));
}

async function addUser({ isAdmin = true, isActive = true } = {}): Promise<string> {
  const id = randomUUID();
  await sql('insert into users (id, email, is_admin, is_active) values (?, ?, ?, ?)', [
    id,
    `${id}@clinic.example`,
    isAdmin,
    isActive,
  ]);
  return id;
}

function alerted(text: string, kind: AlertKind): number {
  return Number(new RegExp(`voiceassist_alerts_total\\{kind="${kind}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
}

async function alertsOf(kind: AlertKind): Promise<number> {
  return alerted(await app.app.get(Metrics, { strict: false }).text(), kind);
}

/** Waits until the task of an alert has run; the test ends by its own limit when it never does. */
async function untilAlerts(kind: AlertKind, count: number): Promise<void> {
  while ((await alertsOf(kind)) < count) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

async function mailsTo(userId: string): Promise<number> {
  return (await sql('select 1 from outgoing_mails where user_id = ? and template = ?', [userId, 'admin-alert'])).length;
}

describe('an alert', () => {
  const causes: [AlertKind, AuditRecord][] = [
    ['token-reuse', { actorId: null, action: 'token.reuse', outcome: 'denied', targetType: 'session' }],
    ['account-throttled', { actorId: null, action: 'account.throttled', outcome: 'denied', targetType: 'user' }],
    ['admin-read', { actorId: null, action: 'user.read', outcome: 'success', targetType: 'user' }],
    ['audit-broken', { actorId: null, action: 'audit.verify', outcome: 'failure' }],
  ];

  it.each(causes)('P2: %s reaches every active administrator and nobody else', async (kind, record) => {
    const admins = [await addUser(), await addUser()];
    const others = [await addUser({ isAdmin: false }), await addUser({ isActive: false })];
    const before = await alertsOf(kind);
    await trail.record(record);
    await untilAlerts(kind, before + 1);
    expect(await Promise.all(admins.map(mailsTo))).toEqual([1, 1]);
    expect(await Promise.all(others.map(mailsTo))).toEqual([0, 0]);
  });

  it('is one mail per kind and hour, however many events there are; each is counted', async () => {
    const admin = await addUser();
    const before = [await alertsOf('token-reuse'), await alertsOf('account-throttled')] as const;
    const denied = { actorId: null, outcome: 'denied' } as const;
    const reuse = { ...denied, action: 'token.reuse', targetType: 'session' } as const;
    await trail.record(reuse, reuse, reuse, { ...denied, action: 'account.throttled', targetType: 'user' });
    await untilAlerts('token-reuse', before[0] + 3);
    await untilAlerts('account-throttled', before[1] + 1);
    expect(await mailsTo(admin)).toBe(2);
  });

  it('is not made of an audit event that is rolled back', async () => {
    const before = await sql("select 1 from pgboss.job where name = 'alert'");
    const rolledBack = app.database.transaction(async (em) => {
      await trail.append(em, { actorId: null, action: 'token.reuse', outcome: 'denied', targetType: 'session' });
      throw new Error('rolled back');
    });
    await expect(rolledBack).rejects.toThrow('rolled back');
    expect(await sql("select 1 from pgboss.job where name = 'alert'")).toHaveLength(before.length);
  });

  it('is not made of what users do every day', async () => {
    const before = await sql("select 1 from pgboss.job where name = 'alert'");
    const quiet = { actorId: null, outcome: 'success' } as const;
    await trail.record(
      { ...quiet, action: 'session.login', details: { methods: 'pwd' } },
      { ...quiet, action: 'audit.verify' },
      { ...quiet, action: 'audit.read', details: { count: 1 } },
    );
    expect(await sql("select 1 from pgboss.job where name = 'alert'")).toHaveLength(before.length);
  });

  it('does not use up the hour when its mail could not be queued', async () => {
    const admin = await addUser();
    const [event] = await sql<{ sequence: string }>(
      "select max(sequence) as sequence from audit_events where action = 'token.reuse'",
    );
    const queue = app.app.get(Notifier, { strict: false });
    let isBroken = true;
    const flaky = {
      queue: (...given: Parameters<Notifier['queue']>) =>
        isBroken ? Promise.reject(new Error('no mail')) : queue.queue(...given),
      wake: () => undefined,
    } as Notifier;
    const task = new AlertTask(app.database, new MemoryCounters(), flaky, app.app.get(Metrics, { strict: false }));
    await expect(task.run({ sequence: Number(event?.sequence) })).rejects.toThrow('no mail');
    isBroken = false;
    await task.run({ sequence: Number(event?.sequence) });
    expect(await mailsTo(admin)).toBe(1);
  });
});

describe('many failed logins from one network', () => {
  function fail(address: string): Promise<void> {
    return withOrigin({ requestId: 'r', address, userAgent: null }, () =>
      trail.record({
        actorId: null,
        action: 'session.login',
        outcome: 'failure',
        details: { reason: 'unknown-account' },
      }),
    );
  }

  const recorded = () => sql<{ address: string }>("select address from audit_events where action = 'network.failures'");

  it('S57: are recorded once per window, with the address, and administrators are told', async () => {
    const admin = await addUser();
    for (let index = 0; index < FAILURES - 1; index += 1) await fail(`2001:db8::${index}`);
    expect(await recorded()).toEqual([]);
    for (let index = 0; index < FAILURES; index += 1) await fail('2001:db8::ff');
    await untilAlerts('network-failures', 1);
    for (const other of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) await fail(other);
    expect(await recorded()).toEqual([{ address: '2001:db8::ff' }]);
    expect(await mailsTo(admin)).toBe(1);
  });

  it('are told in words that hold no address', () => {
    expect(Object.values(ALERTS).join(' ')).not.toMatch(/@|\d/);
  });
});
