// Verified addresses and changes of address (A18; bars S5, S6; X-auth14, X-auth15).
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { PasswordHasher } from '../../../src/compute/password-hasher.ts';
import { call, createUser, login, PASSWORD, type Problem, type TestUser } from '../../support/api.ts';
import { startMailApp, takeToken, type MailApp } from '../../support/mail-app.ts';
import { taskStates } from '../../support/task-queue.ts';
import { until } from '../../support/until.ts';

let context: MailApp;

afterEach(() => {
  jest.restoreAllMocks();
});

const post = (path: string, json: unknown, token?: string) =>
  call<Problem>(context.app, `POST ${path}`, { json, token });

const sql = <Row extends object>(statement: string, values: unknown[] = []): Promise<Row[]> =>
  context.app.database.read((em) => em.execute<Row[]>(statement, values));

async function settle(): Promise<void> {
  for (const kind of ['account-mail', 'mail-delivery']) {
    await until(async () => (await taskStates(context.app.database, kind)).every((state) => state === 'completed'));
  }
}

describe('with EMAIL_VERIFICATION=required', () => {
  const SUBJECT = 'Confirm your address';

  beforeAll(async () => {
    context = await startMailApp({ EMAIL_VERIFICATION: 'required' });
  });
  afterAll(() => context.close());

  const register = (email: string, password = PASSWORD) =>
    post('/api/auth/register', { email, password, full_name: 'Ana Duarte' });
  const logIn = (email: string, password = PASSWORD) => post('/api/auth/login', { email, password });

  it('A18: a new account can log in once its address is verified, and not before', async () => {
    const email = 'new@clinic.example';
    const registered = await register(email);
    expect([registered.status, registered.text]).toEqual([202, '{"status":"accepted"}']);
    const early = await logIn(email);
    expect([early.status, early.body.code]).toEqual([403, 'email-not-verified']);
    const token = await takeToken(context.mail, email, SUBJECT);
    expect((await post('/api/auth/email/verify', { token })).status).toBe(204);
    expect((await logIn(email)).status).toBe(200);
    expect((await post('/api/auth/email/verify', { token })).status).toBe(410);
  });

  it('A18: only the right password learns that the address is not verified', async () => {
    await register('shy@clinic.example');
    const answer = await logIn('shy@clinic.example', 'a wrong password of some length');
    expect([answer.status, answer.body.code]).toEqual([401, 'invalid-credentials']);
  });

  it('S5 X-auth14: a used address gets the same answer after the same hashing, and only its owner learns of it', async () => {
    const email = 'owner@clinic.example';
    await register(email);
    await context.mail.take(email, SUBJECT);
    const hash = jest.spyOn(context.app.app.get(PasswordHasher, { strict: false }), 'hash');
    const used = await register(email.toUpperCase(), 'another password of some length');
    const fresh = await register('fresh@clinic.example');
    expect(hash).toHaveBeenCalledTimes(2);
    const shape = ({ status, text, headers }: typeof used): unknown => [
      status,
      text,
      [...headers.entries()].filter(([name]) => !['x-request-id', 'x-correlation-id', 'date'].includes(name)),
    ];
    expect(shape(used)).toEqual(shape(fresh));
    const notice = await context.mail.take(email, 'You have an account already');
    expect(notice.mail.text).not.toContain('ot_');
    expect((await logIn(email, 'another password of some length')).body.code).toBe('invalid-credentials');
  });

  it('S5: two registrations of one address at the same time open one account, and neither is told', async () => {
    const email = 'twice@clinic.example';
    const answers = await Promise.all([register(email), register(email)]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(await sql('select 1 from users where email = ?', [email])).toHaveLength(1);
  });

  it('S5: a password that is refused is refused alike for both', async () => {
    await register('known@clinic.example');
    const answers = await Promise.all([
      register('known@clinic.example', 'short'),
      register('new2@clinic.example', 'short'),
    ]);
    const bodies = answers.map(({ status, body }) => [status, body.code, body.errors]);
    expect(bodies[0]).toEqual(bodies[1]);
    expect(bodies[0]?.[0]).toBe(422);
  });

  it('S6: asking for another mail is answered alike for known, verified and unknown addresses', async () => {
    const email = 'again@clinic.example';
    await register(email);
    const first = await takeToken(context.mail, email, SUBJECT);
    const answers = [];
    for (const each of [email, 'nobody@clinic.example'])
      answers.push(await post('/api/auth/email/resend', { email: each }));
    expect(answers.map(({ status, text }) => [status, text])).toEqual(Array(2).fill([202, '{"status":"accepted"}']));
    const second = await takeToken(context.mail, email, SUBJECT);
    expect((await post('/api/auth/email/verify', { token: first })).status).toBe(410);
    expect((await post('/api/auth/email/verify', { token: second })).status).toBe(204);
    expect((await post('/api/auth/email/resend', { email })).status).toBe(202);
    await settle();
    expect([...context.mail.to(email), ...context.mail.to('nobody@clinic.example')]).toEqual([]);
  });

  it('A18: a password reset shows the same as the link does', async () => {
    const email = 'forgetful@clinic.example';
    await register(email);
    await post('/api/auth/password/forgot', { email });
    const token = await takeToken(context.mail, email, 'Choose a new password');
    const new_password = 'a kettle sings in the lighthouse';
    expect((await post('/api/auth/password/reset', { token, new_password })).status).toBe(204);
    expect((await logIn(email, new_password)).status).toBe(200);
  });
});

describe('a change of address', () => {
  const SUBJECT = 'Confirm your new address';
  let next = 0;

  beforeAll(async () => {
    context = await startMailApp();
  });
  afterAll(() => context.close());

  const newAddress = (): string => `moved-${(next += 1)}@clinic.example`;
  const change = (user: TestUser, new_email: string) =>
    post('/api/auth/email/change', { new_email }, user.access_token);
  const confirm = (token: string) => post('/api/auth/email/change/confirm', { token });

  it('X-auth15: happens when the link at the new address is followed, and both sides are told', async () => {
    const [user, to] = [await createUser(context.app), newAddress()];
    expect((await change(user, to.toUpperCase())).status).toBe(202);
    expect((await context.mail.take(user.email, 'A change of your address was asked for')).mail.text).toContain(to);
    const token = await takeToken(context.mail, to, SUBJECT);
    await login(context.app, user);
    expect((await confirm(token)).status).toBe(204);
    for (const address of [user.email, to]) await context.mail.take(address, 'Your address was changed');
    await login(context.app, { email: to, password: user.password });
    expect((await post('/api/auth/login', { email: user.email, password: user.password })).status).toBe(401);
    expect(
      await sql('select 1 from users where id = ? and email = ? and email_verified_at is not null', [user.id, to]),
    ).toHaveLength(1);
    expect((await confirm(token)).status).toBe(410);
  });

  it('X-auth15: wants a proof of identity that is fresh', async () => {
    const user = await createUser(context.app);
    await sql("update sessions set authenticated_at = now() - interval '1 day' where user_id = ?", [user.id]);
    const answer = await change(user, newAddress());
    expect([answer.status, answer.body.code]).toEqual([403, 'step-up-required']);
  });

  it('S5: an address in use is answered like a free one; its owner is told, and nobody moves', async () => {
    const [user, owner] = [await createUser(context.app), await createUser(context.app)];
    const [used, free] = [await change(user, owner.email), await change(user, newAddress())];
    expect([used.status, used.text]).toEqual([free.status, free.text]);
    const notice = await context.mail.take(owner.email, 'You have an account already');
    expect(notice.mail.text).not.toContain('ot_');
    await login(context.app, user);
  });

  it('one account per address: who confirms second is refused, and the account stays where it is', async () => {
    const [first, second, to] = [await createUser(context.app), await createUser(context.app), newAddress()];
    const tokens: string[] = [];
    for (const user of [first, second]) {
      await change(user, to);
      tokens.push(await takeToken(context.mail, to, SUBJECT));
    }
    expect((await confirm(tokens[0]!)).status).toBe(204);
    const refused = await confirm(tokens[1]!);
    expect([refused.status, refused.body.code]).toEqual([409, 'email-taken']);
    await login(context.app, second);
  });

  it('links that went to the old address are good no more', async () => {
    const [user, to] = [await createUser(context.app), newAddress()];
    await post('/api/auth/password/forgot', { email: user.email });
    const reset = await takeToken(context.mail, user.email, 'Choose a new password');
    await change(user, to);
    expect((await confirm(await takeToken(context.mail, to, SUBJECT))).status).toBe(204);
    const answer = await post('/api/auth/password/reset', {
      token: reset,
      new_password: 'a kettle sings in the lighthouse',
    });
    expect([answer.status, answer.body.code]).toEqual([410, 'one-time-token-invalid']);
  });

  it('a password change, a reset and a deactivation take it back', async () => {
    const [user, to] = [await createUser(context.app), newAddress()];
    await change(user, to);
    const token = await takeToken(context.mail, to, SUBJECT);
    await sql('update users set is_active = false where id = ?', [user.id]);
    expect((await confirm(token)).status).toBe(410);
    await sql('update users set is_active = true where id = ?', [user.id]);
    await call(context.app, 'PUT /api/users/me/password', {
      token: user.access_token,
      json: { current_password: user.password, new_password: 'a kettle sings in the lighthouse' },
    });
    expect((await confirm(token)).status).toBe(410);
  });

  it('to the address of now is refused with 422 naming /new_email', async () => {
    const user = await createUser(context.app);
    const answer = await change(user, user.email.toUpperCase());
    expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([422, '/new_email']);
  });

  it('S6: an address gets five mails an hour at most, also from different users', async () => {
    const to = newAddress();
    const users = [await createUser(context.app), await createUser(context.app)];
    const statuses: number[] = [];
    for (let round = 0; round < 6; round += 1) statuses.push((await change(users[round % 2]!, to)).status);
    expect(statuses).toEqual([202, 202, 202, 202, 202, 429]);
  });
});
