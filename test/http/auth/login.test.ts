// Login: one answer for every reason it can fail (bars S4, S7, S11, S56).
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ComputePool } from '../../../src/compute/compute-pool.ts';
import { call, createUser, type Answer, type Problem, type TestUser } from '../../support/api.ts';
import { processorMs } from '../../support/processor-time.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const FAILURES = 6;
const WINDOW_MS = 15 * 60 * 1000;

let app: TestApp;
let user: TestUser;
let deactivated: TestUser;

beforeAll(async () => {
  app = await startTestApp({ env: { RATE_LIMIT_LOGIN_FAILURES_PER_ACCOUNT: String(FAILURES), BCRYPT_ROUNDS: '12' } });
  user = await createUser(app);
  deactivated = await createUser(app);
  await app.database.read((em) => em.execute('update users set is_active = false where id = ?', [deactivated.id]));
});
afterAll(() => app.close());

function attempt(email: string, password: string, headers: Record<string, string> = {}): Promise<Answer<Problem>> {
  return call<Problem>(app, 'POST /api/auth/login', { json: { email, password }, headers });
}

/** What a client sees of an answer, without what differs for every request. */
function seen(answer: Answer<Problem>): unknown {
  const headers = [...answer.headers].filter(([name]) => !['x-request-id', 'x-correlation-id', 'date'].includes(name));
  return { status: answer.status, headers, body: { ...answer.body, instance: undefined } };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

describe('POST /api/auth/login', () => {
  it('S4 answers an unknown address, a deactivated account and a wrong password alike, header by header', async () => {
    const [unknown, dead, wrong] = [
      await attempt('nobody@clinic.example', user.password),
      await attempt(deactivated.email, deactivated.password),
      await attempt(user.email, `${user.password}!`),
    ];
    expect(wrong.status).toBe(401);
    expect(wrong.body.code).toBe('invalid-credentials');
    expect(seen(unknown)).toEqual(seen(wrong));
    expect(seen(dead)).toEqual(seen(wrong));
  });

  it('S4 does the work of one hash for an unknown address, as for a wrong password', async () => {
    const pool = app.app.get(ComputePool);
    const before = pool.completedTasks;
    const unknownMs: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      unknownMs.push(await timed(() => attempt(`nobody-${round}@clinic.example`, 'wrong')));
      await attempt(user.email, 'wrong');
    }
    expect(pool.completedTasks).toBe(before + 6);
    // One comparison at cost 12 takes 200 ms and more; load makes it only longer, a shortcut takes a few.
    expect(Math.min(...unknownMs)).toBeGreaterThan(50);
  });

  it('A3 F6 renews a hash of other rounds and of an earlier version at the next right login, and at no other', async () => {
    const { id, email, password } = await createUser(app);
    const hashOf = async (): Promise<string | undefined> => {
      const rows = await app.database.read((em) =>
        em.execute<{ hashed_password: string }[]>('select hashed_password from users where id = ?', [id]),
      );
      return rows[0]?.hashed_password;
    };
    const made = await hashOf();
    expect(made).toMatch(/^\$hmac-sha384\$2b\$10\$/);
    await attempt(email, 'wrong');
    expect(await hashOf()).toBe(made);
    const logins = await Promise.all([attempt(email, password), attempt(email, password)]);
    expect(logins.map(({ status }) => status)).toEqual([200, 200]);
    const renewed = await hashOf();
    expect(renewed).toMatch(/^\$hmac-sha384\$2b\$12\$/);
    expect((await attempt(email, password)).status).toBe(200);
    expect(await hashOf()).toBe(renewed);
  });

  it('S11 refuses a password of 900 kB at once and hashes nothing', async () => {
    const pool = app.app.get(ComputePool);
    const before = pool.completedTasks;
    const workedMs = processorMs();
    expect((await attempt(user.email, 'x'.repeat(900_000))).status).toBe(422);
    expect(processorMs() - workedMs).toBeLessThan(1000);
    expect((await attempt(user.email, 'x'.repeat(2_000_000))).status).toBe(413);
    expect(pool.completedTasks).toBe(before);
  });

  it.each([{ $ne: '' }, [''], 1, null])('S11 refuses %j instead of text with 422', async (value) => {
    const password = await call<Problem>(app, 'POST /api/auth/login', { json: { email: user.email, password: value } });
    const email = await call<Problem>(app, 'POST /api/auth/login', { json: { email: value, password: 'x' } });
    expect([password.status, email.status]).toEqual([422, 422]);
  });

  it('answers broken JSON with 400, and a body that is no object with 422', async () => {
    const send = (body: string) =>
      fetch(`${app.url}/api/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect((await send('{"email":')).status).toBe(400);
    expect((await send('[]')).status).toBe(422);
    expect((await send('"x"')).status).toBe(422);
    expect((await send('null')).status).toBe(422);
  });

  it('S56 keeps control characters of a user agent out of the session row', async () => {
    const answer = await attempt(user.email, user.password, { 'user-agent': 'x\t{"level":60}' });
    expect(answer.status).toBe(200);
    const [row] = await app.database.read((em) =>
      em.execute<{ user_agent: string }[]>(
        'select user_agent from sessions where user_id = ? order by created_at desc',
        [user.id],
      ),
    );
    expect(row?.user_agent).toBe('x {"level":60}');
  });
});

describe('failed logins of one account', () => {
  async function auditCount(action: string): Promise<number> {
    const rows = await app.database.read((em) => em.execute('select 1 from audit_events where action = ?', [action]));
    return rows.length;
  }

  it('S7 slows the account down after too many failures and lets the right password in after the window', async () => {
    const victim = await createUser(app);
    await Promise.all(Array.from({ length: FAILURES }, () => attempt(victim.email, 'wrong')));
    const refused = await attempt(victim.email.toUpperCase(), victim.password);
    expect([refused.status, refused.body.code]).toEqual([429, 'rate-limited']);
    const retryAfterSeconds = Number(refused.headers.get('retry-after'));
    expect(retryAfterSeconds).toBeGreaterThan(WINDOW_MS / 1000 - 120);
    expect(retryAfterSeconds).toBeLessThanOrEqual(WINDOW_MS / 1000);
    expect(await auditCount('account.throttled')).toBe(1);

    const later = performance.now() + WINDOW_MS + 1000;
    const clock = jest.spyOn(performance, 'now').mockReturnValue(later);
    const accepted = await attempt(victim.email, victim.password);
    clock.mockRestore();
    expect(accepted.status).toBe(200);
  });

  it('S7 slows an address without an account down in the same way', async () => {
    const guess = () => attempt('ghost@clinic.example', 'wrong');
    const answers = await Promise.all(Array.from({ length: FAILURES }, guess));
    expect(answers.map((answer) => answer.status)).toEqual(Array<number>(FAILURES).fill(401));
    const refused = await guess();
    expect(refused.status).toBe(429);
    expect(Object.keys(refused.body)).not.toContain('detail');
  });

  it('counts no login that was right', async () => {
    const regular = await createUser(app);
    await Promise.all(Array.from({ length: FAILURES - 1 }, () => attempt(regular.email, 'wrong')));
    for (let round = 0; round < 3; round += 1) {
      expect((await attempt(regular.email, regular.password)).status).toBe(200);
    }
  });
});
