// Export and check of the audit trail over HTTP.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withOrigin } from '../../../src/access/request-origin.ts';
import { AuditAnchors } from '../../../src/audit/audit-anchors.ts';
import type { AuditRecord } from '../../../src/audit/audit-record.ts';
import { AuditTrail } from '../../../src/audit/audit-trail.ts';
import { call, createUser, type Problem, type TestUser } from '../../support/api.ts';
import { sharedTestApp, type TestApp } from '../../support/test-app.ts';

interface Line {
  readonly sequence: number;
  readonly action: string;
  readonly target_id: string | null;
}

/** More than two pieces of the export. */
const MANY = 2100;

let app: TestApp;
let admin: TestUser;

beforeAll(async () => {
  app = await sharedTestApp();
  admin = await createUser(app, { isAdmin: true });
  // Of no action of the product, so that nothing else in the trail is like them.
  const records = Array.from({ length: MANY }, (_, index) => {
    const record = { actorId: null, action: 'test.many', outcome: 'success', targetType: 'thing' };
    return { ...record, targetId: `=${index}` } as unknown as AuditRecord;
  });
  await withOrigin({ requestId: 'many-1', address: '192.0.2.7', userAgent: null }, () =>
    app.app.get(AuditTrail, { strict: false }).record(...records),
  );
});
afterAll(() => app.close());

function read(query: string) {
  return call(app, `GET /api/admin/audit/export?${query}`, { token: admin.access_token });
}

function jsonLines(text: string): Line[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

describe('GET /api/admin/audit/export', () => {
  it('P2: gives every event up to its own, the oldest first, as JSON lines', async () => {
    const answer = await read('format=jsonl');
    const lines = jsonLines(answer.text);
    expect(lines.map(({ sequence }) => sequence)).toEqual(lines.map((_, index) => index + 1));
    expect(lines.length).toBeGreaterThan(MANY);
    expect(lines.at(-1)).toMatchObject({ action: 'audit.export', actor_id: admin.id, details: { format: 'jsonl' } });
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="audit-\d{8}T\d{6}Z\.jsonl"$/);
  });

  it('gives CSV with one line per event, in which no value begins a formula', async () => {
    const { text, headers } = await read('action=test.many');
    const lines = text.split('\r\n');
    expect(lines[0]).toMatch(/^sequence,occurred_at,/);
    expect(lines).toHaveLength(MANY + 2);
    expect(lines[1]).toContain(",thing,'=0,192.0.2.7,many-1,");
    expect(headers.get('content-type')).toMatch(/^text\/csv/);
  });

  it.each([
    ['target_id=%3D17', 1],
    ['target_type=thing&target_id=%3D17', 1],
    ['request_id=many-1', MANY],
    ['request_id=many-2', 0],
  ])('filters by %s, as the list does', async (query, count) => {
    const { text } = await read(`format=jsonl&${query}`);
    expect(text === '' ? [] : jsonLines(text)).toHaveLength(count);
    const list = await call<{ events: Line[] }>(app, `GET /api/admin/audit?limit=100&${query}`, {
      token: admin.access_token,
    });
    expect(list.body.events).toHaveLength(Math.min(100, count));
  });

  it.each(['format=xml', 'limit=10', 'cursor=1', 'from=yesterday'])('answers 422 for the query %s', async (query) => {
    expect((await read(query)).status).toBe(422);
  });

  it('S57: is for administrators, and leaves no event of an export that was refused', async () => {
    const user = await createUser(app);
    const answer = await call<Problem>(app, 'GET /api/admin/audit/export', { token: user.access_token });
    expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
    const own = jsonLines((await read(`format=jsonl&actor_id=${user.id}`)).text);
    expect(own.map(({ action }) => action)).not.toContain('audit.export');
    expect(own.at(-1)?.action).toBe('access.denied');
  });

  it('stops when its client goes away, and the server goes on', async () => {
    const abort = new AbortController();
    const response = await fetch(`${app.url}/api/admin/audit/export`, {
      headers: { authorization: `Bearer ${admin.access_token}` },
      signal: abort.signal,
    });
    await response.body?.getReader().read();
    abort.abort();
    expect((await call(app, 'GET /api/admin/audit?limit=1', { token: admin.access_token })).status).toBe(200);
  });
});

describe('GET /api/admin/audit/verify', () => {
  it('S58: is an event itself, with its outcome', async () => {
    const requestId = randomUUID();
    const verdict = await call(app, 'GET /api/admin/audit/verify', {
      token: admin.access_token,
      headers: { 'x-request-id': requestId },
    });
    expect(verdict.body).toMatchObject({ is_intact: true });
    const { events } = (
      await call<{ events: unknown[] }>(app, `GET /api/admin/audit?request_id=${requestId}`, {
        token: admin.access_token,
      })
    ).body;
    expect(events).toEqual([
      expect.objectContaining({
        actor_id: admin.id,
        action: 'audit.verify',
        outcome: 'success',
        details: { checked: verdict.body['checked'] },
      }),
    ]);
  });

  it('answers 503 service-busy to a second check while one is under way', async () => {
    const answers = await Promise.all(
      [1, 2, 3].map(() => call<Problem>(app, 'GET /api/admin/audit/verify', { token: admin.access_token })),
    );
    expect(answers.map(({ status }) => status)).toContain(200);
    for (const { status, body } of answers) if (status !== 200) expect(body.code).toBe('service-busy');
  });
});

it.each(['export?format=jsonl', 'verify'])(
  'F8 the end of the trail is kept outside the database before %s answers',
  async (path) => {
    const anchors = app.app.get(AuditAnchors, { strict: false });
    await app.app
      .get(AuditTrail, { strict: false })
      .record({ actorId: null, action: 'session.login', outcome: 'failure' } as AuditRecord);
    const [before] = await app.database.read((em) =>
      em.execute<{ sequence: string }[]>('select sequence from audit_head where id = 1'),
    );
    expect((await call(app, `GET /api/admin/audit/${path}`, { token: admin.access_token })).status).toBe(200);
    expect((await anchors.newest())?.sequence).toBeGreaterThanOrEqual(Number(before?.sequence));
  },
);
