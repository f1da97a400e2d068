// Accounts that administrators open for others (bars S1, S3, S35, S68).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, login, PASSWORD, type Problem, type TestUser, type Tokens } from '../../support/api.ts';
import { startMailApp, takeToken, type MailApp } from '../../support/mail-app.ts';

const SUBJECT = 'You are invited';

let context: MailApp;
let admin: TestUser;
let next = 0;

beforeAll(async () => {
  context = await startMailApp({ EMAIL_VERIFICATION: 'required' });
  admin = await administrator();
});
afterAll(() => context.close());

/** With verified addresses nobody registers in one step. */
async function administrator(): Promise<TestUser> {
  const email = `admin-${(next += 1)}@clinic.example`;
  await call(context.app, 'POST /api/auth/register', { json: { email, password: PASSWORD } });
  const [row] = await sql<{ id: string }>(
    'update users set is_admin = true, email_verified_at = now() where email = ? returning id',
    [email],
  );
  return { id: row!.id, email, password: PASSWORD, ...(await login(context.app, { email, password: PASSWORD })) };
}

const sql = <Row extends object>(statement: string, values: unknown[] = []): Promise<Row[]> =>
  context.app.database.read((em) => em.execute<Row[]>(statement, values));

const newAddress = (): string => `invited-${(next += 1)}@clinic.example`;

const invite = (email: string, more: object = {}, token = admin.access_token) =>
  call<{ id: string } & Problem>(context.app, 'POST /api/users/invitations', {
    token,
    json: { email, full_name: 'Ana Duarte', ...more },
  });

const accept = (token: string, more: object = {}) =>
  call<Tokens & Problem>(context.app, 'POST /api/auth/accept-invitation', {
    json: { token, password: PASSWORD, ...more },
  });

describe('an invitation', () => {
  it('S35: opens an account whose owner chooses the password by the link, and is logged in', async () => {
    const email = newAddress();
    const invited = await invite(email);
    expect(invited.status).toBe(201);
    expect(invited.body).toMatchObject({ email, full_name: 'Ana Duarte', is_admin: false, last_login: null });
    const token = await takeToken(context.mail, email, SUBJECT);
    expect(invited.text).not.toContain(token);
    const accepted = await accept(token, { full_name: 'Ana D.' });
    expect(accepted.status).toBe(200);
    const me = await call(context.app, 'GET /api/auth/me', { token: accepted.body.access_token });
    expect(me.body).toMatchObject({ email, full_name: 'Ana D.' });
    await login(context.app, { email, password: PASSWORD });
    expect((await accept(token)).status).toBe(410);
  });

  it('S35: before it is accepted nobody can log in, whatever the password', async () => {
    const email = newAddress();
    await invite(email);
    for (const password of ['', 'null', PASSWORD]) {
      const answer = await call(context.app, 'POST /api/auth/login', { json: { email, password } });
      expect([401, 422]).toContain(answer.status);
    }
  });

  it('can be sent again while it is not accepted; the link before is good no more', async () => {
    const email = newAddress();
    const { id } = (await invite(email)).body;
    const first = await takeToken(context.mail, email, SUBJECT);
    const again = await call(context.app, `POST /api/users/${id}/invitation`, { token: admin.access_token });
    expect([again.status, again.text]).toEqual([202, '{"status":"accepted"}']);
    const second = await takeToken(context.mail, email, SUBJECT);
    expect((await accept(first)).status).toBe(410);
    expect((await accept(second)).status).toBe(200);
    const late = await call<Problem>(context.app, `POST /api/users/${id}/invitation`, { token: admin.access_token });
    expect([late.status, late.body.code]).toEqual([409, 'invitation-accepted']);
  });

  it('of an administrator makes one who has no session before', async () => {
    const email = newAddress();
    await invite(email, { is_admin: true });
    const { body } = await accept(await takeToken(context.mail, email, SUBJECT));
    expect((await call(context.app, 'GET /api/users', { token: body.access_token })).status).toBe(200);
  });

  it('is worth nothing once the account is deactivated', async () => {
    const email = newAddress();
    const { id } = (await invite(email)).body;
    const token = await takeToken(context.mail, email, SUBJECT);
    expect((await call(context.app, `DELETE /api/users/${id}`, { token: admin.access_token })).status).toBe(204);
    expect((await accept(token)).status).toBe(410);
    await sql('update users set is_active = true where id = ?', [id]);
    expect((await accept(token)).status).toBe(410);
  });

  it.each([
    ['S1 a short password', 'a8Z!k2#'],
    ['S3 a common password', 'passwordpassword1'],
  ])('refuses %s with 422 naming /password, and the link stays good', async (_, password) => {
    const email = newAddress();
    await invite(email);
    const token = await takeToken(context.mail, email, SUBJECT);
    const refused = await accept(token, { password });
    expect([refused.status, refused.body.errors?.[0]?.pointer]).toEqual([422, '/password']);
    expect((await accept(token)).status).toBe(200);
  });

  it('lets one of two who accept at the same time in', async () => {
    const email = newAddress();
    await invite(email);
    const token = await takeToken(context.mail, email, SUBJECT);
    const answers = await Promise.all([accept(token), accept(token, { password: `${PASSWORD} again` })]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 410]);
  });

  it('S68: its token is no password reset, and a reset no invitation', async () => {
    const email = newAddress();
    await invite(email);
    const token = await takeToken(context.mail, email, SUBJECT);
    const reset = await call(context.app, 'POST /api/auth/password/reset', { json: { token, new_password: PASSWORD } });
    expect(reset.status).toBe(410);
    expect((await call(context.app, 'POST /api/auth/email/verify', { json: { token } })).status).toBe(410);
    expect((await accept(token)).status).toBe(200);
  });

  it('is for administrators, and for addresses without an account', async () => {
    const email = newAddress();
    await invite(email);
    const user = await accept(await takeToken(context.mail, email, SUBJECT));
    expect((await invite(newAddress(), {}, user.body.access_token)).status).toBe(403);
    const taken = await invite(email.toUpperCase());
    expect([taken.status, taken.body.code]).toEqual([409, 'email-taken']);
    expect(
      (await call(context.app, `POST /api/users/${admin.id}/invitation`, { token: user.body.access_token })).status,
    ).toBe(403);
  });

  it('S57: leaves who invited whom, and that it was accepted, in the audit trail', async () => {
    const email = newAddress();
    const { id } = (await invite(email)).body;
    await accept(await takeToken(context.mail, email, SUBJECT));
    const events = await sql<{ action: string; actor_id: string }>(
      `select action, actor_id from audit_events where target_id = ? order by sequence`,
      [id],
    );
    expect(events).toEqual([
      { action: 'user.invite', actor_id: admin.id },
      { action: 'user.accept-invitation', actor_id: id },
    ]);
  });
});
