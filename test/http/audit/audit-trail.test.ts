// What the audit trail records, and what administrators read of it (bars S55, S57, S60).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, createUser, type Problem, type TestUser } from '../../support/api.ts';
import { sharedTestApp, type TestApp } from '../../support/test-app.ts';

interface EventBody {
  readonly sequence: number;
  readonly occurred_at: string;
  readonly actor_id: string | null;
  readonly action: string;
  readonly outcome: string;
  readonly target_id: string | null;
  readonly address: string | null;
  readonly request_id: string | null;
  readonly details: Record<string, unknown>;
}

interface PageBody {
  readonly events: EventBody[];
  readonly next_cursor: string | null;
}

const MARK = 'zebra-mark';

let app: TestApp;
let admin: TestUser;
let user: TestUser;

beforeAll(async () => {
  app = await sharedTestApp();
  admin = await createUser(app, { isAdmin: true });
  user = await createUser(app, { email: `${MARK}@clinic.example`, password: `${MARK} beneath the ferry` });
});
afterAll(() => app.close());

async function read(query: string): Promise<PageBody> {
  return (await call<PageBody>(app, `GET /api/admin/audit?${query}`, { token: admin.access_token })).body;
}

describe('the audit trail', () => {
  it('S57 records who, what, when, from where, the outcome and the request id of every act', async () => {
    const headers = { 'x-request-id': 'traceable-1' };
    const json = { email: user.email, password: `${MARK} wrong` };
    await call(app, 'POST /api/auth/login', { json, headers });
    await call(app, 'POST /api/auth/login', { json: { ...json, email: `${MARK}-2@clinic.example` } });
    await call(app, 'GET /api/users', { token: user.access_token });
    await call(app, `GET /api/users/${user.id}`, { token: admin.access_token });
    await call(app, `PUT /api/users/${user.id}`, { token: admin.access_token, json: { is_admin: true } });
    await call(app, 'POST /api/auth/logout', { token: user.access_token });

    const { events } = await read('limit=100');
    const short = events.map(({ action, outcome }) => `${action} ${outcome}`);
    for (const expected of [
      'user.register success',
      'session.login success',
      'session.login failure',
      'access.denied denied',
      'user.read success',
      'user.role-change success',
    ]) {
      expect(short).toContain(expected);
    }
    const failure = events.find((event) => event.request_id === 'traceable-1');
    expect(failure).toMatchObject({
      actor_id: user.id,
      action: 'session.login',
      outcome: 'failure',
      target_id: user.id,
      address: '127.0.0.1',
      details: { reason: 'wrong-password' },
      occurred_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => (events[0]?.sequence ?? 0) - index));
  });

  it('S55 holds no address, name, password or token of a person', async () => {
    const rows = await app.database.read((em) =>
      em.execute<{ row: string }[]>('select row_to_json(e)::text as row from audit_events e'),
    );
    const text = rows.map(({ row }) => row).join('\n');
    expect(text).not.toContain(MARK);
    expect(text).not.toContain('Test Person');
    expect(text).not.toContain(admin.access_token);
  });

  it('filters by action, actor, outcome and time, and reads on from a cursor', async () => {
    const failures = await read('action=session.login&outcome=failure');
    expect(failures.events.length).toBeGreaterThanOrEqual(2);
    expect(failures.events.every((event) => event.outcome === 'failure')).toBe(true);
    const own = await read(`actor_id=${user.id}&limit=100`);
    expect(own.events.every((event) => event.actor_id === user.id)).toBe(true);
    expect((await read('to=2020-01-01T00:00:00Z')).events).toEqual([]);
    expect((await read('from=2020-01-01T00:00:00%2B02:00&limit=1')).events).toHaveLength(1);

    const first = await read('limit=2');
    const second = await read(`limit=2&cursor=${first.next_cursor ?? ''}`);
    expect(second.events[0]?.sequence).toBe((first.events[1]?.sequence ?? 0) - 1);
  });

  it('records that it was read', async () => {
    await read('limit=1');
    expect((await read('action=audit.read&limit=1')).events[0]?.actor_id).toBe(admin.id);
  });

  it.each([
    'from=yesterday',
    'from=2026-11-22',
    'from=2026-11-22T10:00:00',
    'to=2026-02-30T00:00:00Z',
    'to=0000-01-01T00:00:00Z',
    'outcome=maybe',
    'target_type=User',
    'target_id=%C3%A4',
    'request_id=a%20b',
    'actor_id=1',
    'action=%00',
    'cursor=-1',
    'cursor=99999999999999999999',
    'limit=1000',
    'order=asc',
  ])('answers 422 for the query %s', async (query) => {
    const answer = await call<Problem>(app, `GET /api/admin/audit?${query}`, { token: admin.access_token });
    expect([answer.status, answer.body.code]).toEqual([422, 'validation-failed']);
  });

  it('verifies the chain on request', async () => {
    const answer = await call(app, 'GET /api/admin/audit/verify', { token: admin.access_token });
    expect(answer.body).toEqual({ is_intact: true, checked: expect.any(Number) });
    expect(Number(answer.body['checked'])).toBeGreaterThan(10);
  });

  it('R33: refuses what cannot be recorded: without the trail nothing changes, and reads of other accounts fail too', async () => {
    const person = await createUser(app);
    await app.database.read((em) => em.execute('alter table audit_head rename to audit_head_away'));
    const answer = await call<Problem>(app, `PUT /api/users/${person.id}`, {
      token: admin.access_token,
      json: { is_active: false },
    });
    const logout = await call(app, 'POST /api/auth/logout', { token: person.access_token });
    const list = await call<Problem>(app, 'GET /api/users', { token: admin.access_token });
    const own = await call(app, 'GET /api/users/me', { token: person.access_token });
    await app.database.read((em) => em.execute('alter table audit_head_away rename to audit_head'));
    expect([answer.status, answer.body.code, logout.status]).toEqual([503, 'audit-unavailable', 503]);
    expect([list.status, list.body.code, own.status]).toEqual([503, 'audit-unavailable', 200]);
    expect(answer.text).not.toMatch(/audit_head|relation|select|stack/i);
    expect((await call(app, 'GET /api/auth/me', { token: person.access_token })).status).toBe(200);
  });
});
