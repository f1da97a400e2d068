// A message is sent at least once, whatever the mail server does (issue: a dead SMTP server loses nothing).
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { simpleParser } from 'mailparser';
import { MailCleanup } from '../../../src/notifications/mail-cleanup.task.ts';
import { Notifier } from '../../../src/notifications/notifier.ts';
import { call, createUser, type Problem, type TestUser } from '../../support/api.ts';
import { MailServer } from '../../support/mail-server.ts';
import { freePort } from '../../support/server-under-test.ts';
import { makeTasksDue, taskStates } from '../../support/task-queue.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';
import { until } from '../../support/until.ts';

const SUBJECT = 'Your password was changed';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function start(env: Record<string, string>): Promise<TestApp> {
  const app = await startTestApp({ env });
  cleanUps.push(() => app.close());
  return app;
}

async function serve(options: Parameters<typeof MailServer.start>[0] = {}): Promise<MailServer> {
  const server = await MailServer.start(options);
  cleanUps.push(() => server.stop());
  return server;
}

/** Queues a message to a user, as every room does. */
async function write(app: TestApp, { id, email }: TestUser): Promise<void> {
  const notifier = app.app.get(Notifier, { strict: false });
  await app.database.transaction((em) =>
    notifier.queue(em, { userId: id, to: email, template: 'password-changed', values: { how: 'changed' } }),
  );
  notifier.wake();
}

async function mails(app: TestApp): Promise<{ state: string; sealed_content: string; was_sent: boolean }[]> {
  return app.database.read((em) =>
    em.execute('select state, sealed_content, sent_at is not null as was_sent from outgoing_mails order by id'),
  );
}

describe('a message', () => {
  it('that finds the mail server dead waits, and is sent when the server lives again', async () => {
    const port = await freePort();
    const { env } = await serve();
    const app = await start({ ...env, EMAIL_SMTP_PORT: String(port) });
    const user = await createUser(app);
    await write(app, user);
    await until(async () => (await taskStates(app.database, 'mail-delivery')).includes('retry'));
    const [waiting] = await mails(app);
    expect(waiting?.state).toBe('queued');
    expect(waiting?.sealed_content).not.toBe('');
    const server = await serve({ port });
    await makeTasksDue(app.database, 'mail-delivery');
    app.app.get(Notifier, { strict: false }).wake();
    const { mail } = await server.take(user.email, SUBJECT);
    expect(mail.text).toContain('The password of your account was changed');
    await until(async () => (await mails(app))[0]?.state === 'sent');
    expect(await mails(app)).toEqual([{ state: 'sent', sealed_content: '', was_sent: true }]);
  });

  it('that is refused for good is given up, and the ones after it are sent', async () => {
    const server = await serve({
      onRcptTo: ({ address }, _session, done) =>
        done(address.startsWith('gone') ? Object.assign(new Error('no such user'), { responseCode: 550 }) : null),
    });
    const app = await start(server.env);
    const gone = await createUser(app, { email: 'gone@clinic.example' });
    const here = await createUser(app, { email: 'here@clinic.example' });
    await write(app, gone);
    await write(app, here);
    await server.take(here.email, SUBJECT);
    await until(async () => (await mails(app)).every(({ state }) => state !== 'queued'));
    expect(await mails(app)).toEqual([
      { state: 'failed', sealed_content: '', was_sent: false },
      { state: 'sent', sealed_content: '', was_sent: true },
    ]);
  });

  it('that is delivered twice carries the same Message-ID, so that a mail program shows it once', async () => {
    const server = await serve();
    const app = await start(server.env);
    const user = await createUser(app);
    await write(app, user);
    const before = await app.database.read((em) => em.execute<object[]>('select * from outgoing_mails'));
    const first = await server.take(user.email, SUBJECT);
    await until(async () => (await mails(app))[0]?.state === 'sent');
    // As if the process had died between the answer of the mail server and the commit.
    const [row] = before as { id: string; sealed_content: string }[];
    await app.database.transaction(async (em) => {
      await em.execute(`update outgoing_mails set state = 'queued', sealed_content = ? where id = ?`, [
        row?.sealed_content,
        row?.id,
      ]);
      await em.execute(`update pgboss.job set state = 'retry', start_after = now() where name = 'mail-delivery'`);
    });
    const second = await server.take(user.email, SUBJECT);
    expect(second.mail.messageId).toBe(first.mail.messageId);
    expect(first.mail.messageId).toContain(row?.id);
  });

  it('S53: waits sealed: neither address nor content is in the table, and without the key of its owner it is given up', async () => {
    const server = await serve();
    const app = await start({ ...server.env, EMAIL_SMTP_PORT: String(await freePort()) });
    const user = await createUser(app);
    await write(app, user);
    const [row] = await mails(app);
    expect(row?.sealed_content).not.toContain(user.email.slice(0, 12));
    expect(Buffer.from(row?.sealed_content ?? '', 'base64url').toString('latin1')).not.toContain('clinic.example');
    await app.database.read((em) => em.execute('delete from user_keys'));
    await until(async () => {
      await makeTasksDue(app.database, 'mail-delivery');
      app.app.get(Notifier, { strict: false }).wake();
      return (await mails(app))[0]?.state === 'failed';
    });
    expect(server.received).toEqual([]);
  });

  it('is not queued when its cause is rolled back', async () => {
    const server = await serve();
    const app = await start(server.env);
    const { id, email } = await createUser(app);
    const notifier = app.app.get(Notifier, { strict: false });
    const undone = app.database.transaction(async (em) => {
      await notifier.queue(em, { userId: id, to: email, template: 'password-changed', values: { how: 'reset' } });
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await mails(app)).toEqual([]);
    expect(await taskStates(app.database, 'mail-delivery')).toEqual([]);
  });

  it('that nobody could deliver for three days is given up, and an old one is forgotten', async () => {
    const app = await start({ PROCESS_ROLE: 'api' });
    const user = await createUser(app);
    for (let round = 0; round < 3; round += 1) await write(app, user);
    const ids = await app.database.read((em) =>
      em.execute<{ id: string }[]>('select id from outgoing_mails order by id'),
    );
    await app.database.transaction(async (em) => {
      await em.execute("update outgoing_mails set created_at = now() - interval '4 days' where id = ?", [ids[0]?.id]);
      const old = "update outgoing_mails set state = 'sent', created_at = now() - interval '31 days' where id = ?";
      await em.execute(old, [ids[1]?.id]);
    });
    await app.app.get(MailCleanup, { strict: false }).run();
    expect((await mails(app)).map(({ state, sealed_content }) => [state, sealed_content === ''])).toEqual([
      ['failed', true],
      ['queued', false],
    ]);
  });
});

describe('without an SMTP server', () => {
  it('in development a message becomes a file that only its owner can read, and the link opens a page of this server', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'voiceassist-mail-'));
    cleanUps.push(() => rmSync(dataDir, { recursive: true, force: true }));
    const app = await start({ DATA_DIR: dataDir, PUBLIC_URL: 'http://localhost:8000' });
    const user = await createUser(app);
    await call(app, 'POST /api/auth/password/forgot', { json: { email: user.email } });
    const folder = join(dataDir, 'mail');
    const files = (): string[] => {
      try {
        return readdirSync(folder).filter((name) => name.endsWith('.eml'));
      } catch {
        // Not there before the first message.
        return [];
      }
    };
    await until(() => Promise.resolve(files().length === 1));
    const path = join(folder, files()[0]!);
    expect([statSync(path).mode & 0o777, statSync(folder).mode & 0o777]).toEqual([0o600, 0o700]);
    const mail = await simpleParser(readFileSync(path));
    expect(mail.to).toMatchObject({ text: user.email });
    expect(mail.text).toMatch(/http:\/\/localhost:8000\/account\/reset-password#token=ot_/);
  });

  it('in production what needs mail answers 409 mail-not-configured, and everything else works', async () => {
    const app = await start({
      NODE_ENV: 'production',
      ALLOW_EMBEDDED_DATABASE: 'true',
      JWT_SECRET: randomBytes(64).toString('base64url'),
      SECRETS_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    });
    const admin = await createUser(app, { isAdmin: true });
    const token = admin.access_token;
    const email = 'new@clinic.example';
    const answers = [
      await call<Problem>(app, 'POST /api/auth/password/forgot', { json: { email } }),
      await call<Problem>(app, 'POST /api/auth/email/resend', { json: { email } }),
      await call<Problem>(app, 'POST /api/auth/email/change', { json: { new_email: email }, token }),
      await call<Problem>(app, 'POST /api/users/invitations', { json: { email }, token }),
      await call<Problem>(app, `POST /api/users/${admin.id}/password-reset`, { token }),
    ];
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(Array(5).fill([409, 'mail-not-configured']));
    const json = { current_password: admin.password, new_password: 'a kettle sings in the lighthouse' };
    expect((await call(app, 'PUT /api/users/me/password', { json, token })).status).toBe(204);
    expect(await mails(app)).toEqual([]);
  });
});
