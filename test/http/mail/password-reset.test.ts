// Forgotten passwords and resets by an administrator (bars S1, S3, S6, S35, S68; A19; X-auth11, X-auth14).
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OneTimeTokens } from '../../../src/auth/login/one-time-tokens.ts';
import { call, createUser, login, type Problem, type TestUser } from '../../support/api.ts';
import { Canaries } from '../../support/canaries.ts';
import { startMailApp, takeToken, type MailApp } from '../../support/mail-app.ts';
import { makeTasksDue, taskStates } from '../../support/task-queue.ts';
import { startTestApp } from '../../support/test-app.ts';
import { until } from '../../support/until.ts';

const SUBJECT = 'Choose a new password';
const NEW_PASSWORD = 'a kettle sings in the lighthouse';

let context: MailApp;

beforeAll(async () => {
  context = await startMailApp();
});
afterAll(() => context.close());

const forgot = (email: string) => call(context.app, 'POST /api/auth/password/forgot', { json: { email } });

const reset = (token: string, new_password = NEW_PASSWORD) =>
  call<Problem>(context.app, 'POST /api/auth/password/reset', { json: { token, new_password } });

async function tokenFor(user: TestUser): Promise<string> {
  await forgot(user.email);
  return takeToken(context.mail, user.email, SUBJECT);
}

const sql = <Row extends object>(statement: string, values: unknown[] = []): Promise<Row[]> =>
  context.app.database.read((em) => em.execute<Row[]>(statement, values));

/** Waits until every message that was asked for is written and delivered. */
async function settle(): Promise<void> {
  for (const kind of ['account-mail', 'mail-delivery']) {
    await until(async () => {
      const states = await taskStates(context.app.database, kind);
      if (states.includes('retry')) await makeTasksDue(context.app.database, kind);
      return states.every((state) => state === 'completed');
    });
  }
}

describe('a forgotten password', () => {
  it('A19 S6: is replaced by the link of the mail, and the new one logs in', async () => {
    const user = await createUser(context.app);
    expect((await reset(await tokenFor(user))).status).toBe(204);
    const old = await call(context.app, 'POST /api/auth/login', {
      json: { email: user.email, password: user.password },
    });
    expect(old.status).toBe(401);
    await login(context.app, { email: user.email, password: NEW_PASSWORD });
  });

  it('X-auth11: the link leads to a page, with the token where no server and no log sees it', async () => {
    const user = await createUser(context.app);
    await forgot(user.email.toUpperCase());
    const { mail } = await context.mail.take(user.email, SUBJECT);
    const link = /https:\S+/.exec(mail.text ?? '')?.[0] ?? '';
    expect(link).toMatch(/^https:\/\/app\.clinic\.example\/va\/reset-password#token=ot_[\w-]{43}$/);
    expect(mail.html).toContain(`href="${link}"`);
    expect(new URL(link).search).toBe('');
  });

  it('S6 X-auth14: the answer for an unknown address is the same, after the same queries, and nobody is mailed', async () => {
    const user = await createUser(context.app);
    await settle();
    const counts = async (): Promise<number[]> =>
      Promise.all(
        ["select count(*) from pgboss.job where name = 'account-mail'", 'select count(*) from audit_events'].map(
          async (statement) => Number((await sql<{ count: string }>(statement))[0]?.count),
        ),
      );
    const start = await counts();
    const known = await forgot(user.email);
    const between = await counts();
    const unknown = await forgot('nobody@clinic.example');
    const end = await counts();
    const shape = ({ status, text, headers }: typeof known): unknown => [
      status,
      text,
      [...headers.entries()].filter(([name]) => !['x-request-id', 'x-correlation-id', 'date'].includes(name)),
    ];
    expect(shape(unknown)).toEqual(shape(known));
    expect(known.status).toBe(202);
    expect(between.map((count, index) => count - start[index]!)).toEqual([1, 1]);
    expect(end.map((count, index) => count - between[index]!)).toEqual([1, 1]);
    await settle();
    expect(context.mail.to('nobody@clinic.example')).toEqual([]);
    expect(context.mail.to(user.email)).toHaveLength(1);
  });

  it('S6: the link is good once, also when it is used twice at the same time', async () => {
    const user = await createUser(context.app);
    const token = await tokenFor(user);
    const answers = await Promise.all([reset(token), reset(token, `${NEW_PASSWORD} again`)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 410]);
    const late = await reset(token);
    expect([late.status, late.body.code]).toEqual([410, 'one-time-token-invalid']);
  });

  it('S6: the link is good for an hour and no longer', async () => {
    const user = await createUser(context.app);
    const token = await tokenFor(user);
    const [row] = await sql<{ life: number }>(
      'select extract(epoch from expires_at - created_at)::int as life from one_time_tokens where user_id = ?',
      [user.id],
    );
    expect(row?.life).toBeLessThanOrEqual(3600);
    await sql("update one_time_tokens set expires_at = now() - interval '1 second' where user_id = ?", [user.id]);
    expect((await reset(token)).status).toBe(410);
    await login(context.app, user);
  });

  it('S6: a token of another purpose or another form opens nothing', async () => {
    const user = await createUser(context.app);
    const tokens = context.app.app.get(OneTimeTokens, { strict: false });
    const payload = { email: user.email, newEmail: 'evil@clinic.example' };
    for (const purpose of [
      'email-verification',
      'email-change',
      'invitation',
      'mfa-challenge',
      'oidc-exchange',
    ] as const) {
      const token = await context.app.database.transaction((em) =>
        tokens.issue(em, { purpose, userId: user.id, payload, lifeSeconds: 60 }),
      );
      expect((await reset(token)).status).toBe(410);
    }
    for (const token of ['', 'ot_', `ot_${'A'.repeat(43)}`, user.refresh_token, "' or 1=1"]) {
      expect((await reset(token)).status).toBe(410);
    }
    await login(context.app, user);
  });

  it('S6: the token of one user changes no other account', async () => {
    const [user, other] = [await createUser(context.app), await createUser(context.app)];
    expect((await reset(await tokenFor(user))).status).toBe(204);
    await login(context.app, other);
    expect((await call(context.app, 'GET /api/auth/me', { token: other.access_token })).status).toBe(200);
  });

  it('S6: a newer link replaces the one before', async () => {
    const user = await createUser(context.app);
    const first = await tokenFor(user);
    const second = await tokenFor(user);
    expect((await reset(first)).status).toBe(410);
    expect((await reset(second)).status).toBe(204);
  });

  it('S6 X-auth11: ends every session and every personal access token, and tells the user', async () => {
    const user = await createUser(context.app);
    const elsewhere = await login(context.app, user);
    const made = await call<{ token: string }>(context.app, 'POST /api/auth/tokens', {
      token: user.access_token,
      json: { name: 'script', scopes: ['profile:read'] },
    });
    expect(made.status).toBe(201);
    const me = async (token: string): Promise<number> =>
      (await call(context.app, 'GET /api/users/me', { token })).status;
    expect(await me(made.body.token)).toBe(200);
    expect((await reset(await tokenFor(user))).status).toBe(204);
    for (const token of [user.access_token, elsewhere.access_token, made.body.token]) expect(await me(token)).toBe(401);
    const { refresh_token } = elsewhere;
    expect((await call(context.app, 'POST /api/auth/refresh', { json: { refresh_token } })).status).toBe(401);
    const notice = await context.mail.take(user.email, 'Your password was changed');
    expect(notice.mail.text).toContain('personal access token');
    expect(notice.mail.text).toMatch(/When: .* UTC\. From the address (127\.0\.0\.1|::1)/);
  });

  it('S6: a confirmed second factor stays, one that nobody confirmed goes, and the address counts as verified', async () => {
    const user = await createUser(context.app);
    const insert = 'insert into totp_factors (user_id, sealed_secret, confirmed_at) values (?, ?, ?)';
    await sql(insert, [user.id, 'sealed', null]);
    expect((await reset(await tokenFor(user))).status).toBe(204);
    expect(await sql('select 1 from totp_factors where user_id = ?', [user.id])).toEqual([]);
    expect(await sql('select 1 from users where id = ? and email_verified_at is not null', [user.id])).toHaveLength(1);
    await sql(insert, [user.id, 'sealed', new Date()]);
    expect((await reset(await tokenFor(user))).status).toBe(204);
    const answer = await call(context.app, 'POST /api/auth/login', {
      json: { email: user.email, password: NEW_PASSWORD },
    });
    expect(answer.body['mfa_required']).toBe(true);
    expect(answer.body['access_token']).toBeUndefined();
  });

  it('S6: every half-finished step of the account is over: logins, changes of address', async () => {
    const user = await createUser(context.app);
    const tokens = context.app.app.get(OneTimeTokens, { strict: false });
    await context.app.database.transaction(async (em) => {
      for (const purpose of ['email-change', 'mfa-challenge', 'oidc-exchange', 'oidc-link'] as const) {
        await tokens.issue(em, { purpose, userId: user.id, payload: {}, lifeSeconds: 600 });
      }
    });
    expect((await reset(await tokenFor(user))).status).toBe(204);
    expect(await sql('select purpose from one_time_tokens where user_id = ?', [user.id])).toEqual([]);
  });

  it.each([
    ['S1 a short one', 'a8Z!k2#'],
    ['S3 a common one', 'passwordpassword1'],
  ])('refuses %s with 422 naming /new_password, and the link stays good', async (_, password) => {
    const user = await createUser(context.app);
    const token = await tokenFor(user);
    const refused = await reset(token, password);
    expect([refused.status, refused.body.errors?.[0]?.pointer]).toEqual([422, '/new_password']);
    expect((await reset(token)).status).toBe(204);
  });

  it('refuses an unknown token before it looks at the password, so that nobody can make it hash', async () => {
    expect((await reset(`ot_${'A'.repeat(43)}`, 'short')).status).toBe(410);
  });

  it('S68: the token is stored as a hash only, and neither link nor address stays in any table', async () => {
    const user = await createUser(context.app);
    const token = await tokenFor(user);
    await settle();
    const canaries = new Canaries();
    canaries.watch('token', token);
    const tables = await sql<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'pgboss')`,
    );
    for (const { name } of tables) {
      const rows = await sql<{ row: string }>(`select t::text as row from ${name} t`);
      expect([name, canaries.foundIn(rows.map(({ row }) => row).join('\n'))]).toEqual([name, []]);
      if (name !== 'public.users') expect(rows.filter(({ row }) => row.includes(user.email))).toEqual([]);
    }
    const hash = createHash('sha256').update(token).digest('hex');
    expect(await sql('select 1 from one_time_tokens where token_hash = ?', [hash])).toHaveLength(1);
  });

  it('S6: an address gets five mails an hour at most, without a word about it', async () => {
    const user = await createUser(context.app);
    const answers: number[] = [];
    for (let round = 0; round < 7; round += 1) answers.push((await forgot(user.email)).status);
    expect(answers).toEqual(Array(7).fill(202));
    await settle();
    expect(context.mail.to(user.email)).toHaveLength(5);
  });

  it('F3 requests of strangers take no mail from an administrator', async () => {
    const [admin, user] = [await createUser(context.app, { isAdmin: true }), await createUser(context.app)];
    for (let round = 0; round < 6; round += 1) await forgot(user.email);
    const route = `POST /api/users/${user.id}/password-reset`;
    expect((await call(context.app, route, { token: admin.access_token })).status).toBe(202);
    await settle();
    expect(context.mail.to(user.email)).toHaveLength(6);
  });

  it('writes to nobody whose account is deactivated or has no password', async () => {
    const [gone, invited] = [await createUser(context.app), await createUser(context.app)];
    await sql('update users set is_active = false where id = ?', [gone.id]);
    await sql('update users set hashed_password = null where id = ?', [invited.id]);
    await forgot(gone.email);
    await forgot(invited.email);
    await settle();
    expect([...context.mail.to(gone.email), ...context.mail.to(invited.email)]).toEqual([]);
  });
});

describe('a reset by an administrator', () => {
  it('S35 X-auth11: sends the user a link; the administrator neither sees nor chooses anything', async () => {
    const [admin, user] = [await createUser(context.app, { isAdmin: true }), await createUser(context.app)];
    const route = `POST /api/users/${user.id}/password-reset`;
    const asked = await call(context.app, route, { token: admin.access_token, json: { password: NEW_PASSWORD } });
    expect([asked.status, asked.text]).toEqual([202, '{"status":"accepted"}']);
    const token = await takeToken(context.mail, user.email, SUBJECT);
    const chosen = { email: user.email, password: NEW_PASSWORD };
    expect((await call(context.app, 'POST /api/auth/login', { json: chosen })).status).toBe(401);
    await login(context.app, user);
    expect((await reset(token)).status).toBe(204);
    expect((await call(context.app, 'GET /api/auth/me', { token: user.access_token })).status).toBe(401);
    const events = await sql<{ actor_id: string }>(
      `select actor_id from audit_events where action = 'user.password-reset-request' and target_id = ?`,
      [user.id],
    );
    expect(events[0]?.actor_id).toBe(admin.id);
  });

  it('S35: is for administrators, for accounts that exist and have a password', async () => {
    const [admin, user] = [await createUser(context.app, { isAdmin: true }), await createUser(context.app)];
    const send = (id: string, { access_token: token }: TestUser) =>
      call<Problem>(context.app, `POST /api/users/${id}/password-reset`, { token });
    expect((await send(admin.id, user)).status).toBe(403);
    expect((await send('0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f', admin)).status).toBe(404);
    await sql('update users set hashed_password = null where id = ?', [user.id]);
    const answer = await send(user.id, admin);
    expect([answer.status, answer.body.code]).toEqual([409, 'account-without-password']);
  });
});

describe('a change of the own password', () => {
  it('tells the user, and takes back links and changes of address that were asked for', async () => {
    const user = await createUser(context.app);
    const token = await tokenFor(user);
    const changed = await call(context.app, 'PUT /api/users/me/password', {
      token: user.access_token,
      json: { current_password: user.password, new_password: NEW_PASSWORD },
    });
    expect(changed.status).toBe(204);
    await context.mail.take(user.email, 'Your password was changed');
    expect((await reset(token, `${NEW_PASSWORD} again`)).status).toBe(410);
  });
});

describe('limits', () => {
  it('S6: asking for mails is limited per address of the client', async () => {
    const narrow = await startTestApp({ env: { RATE_LIMIT_MAIL_PER_HOUR: '2' } });
    try {
      const statuses: number[] = [];
      for (const name of ['a', 'b', 'c']) {
        const json = { email: `${name}@clinic.example` };
        statuses.push((await call(narrow, 'POST /api/auth/password/forgot', { json })).status);
      }
      expect(statuses).toEqual([202, 202, 429]);
    } finally {
      await narrow.close();
    }
  });
});
