// The life of a linked account: found by a worker, exchanged, refused, suspended, revoked (rows N8, N9; nextcloud.md 2, 4, 14).
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { REQUEST_LIMIT } from '../../../src/access/declarations.ts';
import { AccountController } from '../../../src/nextcloud/account/account.controller.ts';
import { AccountSecrets } from '../../../src/nextcloud/account/account-secrets.ts';
import { AccountStore } from '../../../src/nextcloud/account/account.store.ts';
import { LinkPolling } from '../../../src/nextcloud/account/link-polling.ts';
import { Revocations } from '../../../src/nextcloud/account/revocations.ts';
import { SuspendedAccountsTask } from '../../../src/nextcloud/account/suspended-accounts.task.ts';
import { DomainError } from '../../../src/problem/domain-error.ts';
import { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, createUser, type Answer, type Problem, type TestUser } from '../../support/api.ts';
import { startMailApp, type MailApp } from '../../support/mail-app.ts';
import type { TestApp } from '../../support/test-app.ts';
import { until } from '../../support/until.ts';

interface Body extends Problem {
  readonly uid: string;
  readonly state: string;
  readonly link_id: string;
  readonly login_url: string;
  readonly problem_code: string | null;
  readonly revocation: string;
}

const BASE = '/api/integrations/nextcloud';
const DEAD = new DomainError('account-link-invalid');

let nextcloud: NextcloudDouble;
let mailApp: MailApp;
let app: TestApp;
let user: TestUser;
let uid: string;
let users = 0;

beforeAll(async () => {
  nextcloud = await NextcloudDouble.start();
  mailApp = await startMailApp({ NEXTCLOUD_URL: nextcloud.url, NEXTCLOUD_PUBLIC_URL: 'https://cloud.clinic.example' });
  app = mailApp.app;
});
afterAll(async () => {
  await mailApp.close();
  await nextcloud.stop();
});
beforeEach(async () => {
  user = await createUser(app);
  users += 1;
  uid = `doctor${users}`;
  nextcloud.addUser({ uid, password: 'not-used', loginName: `${uid}@clinic` });
  nextcloud.clearRequests();
});
afterEach(async () => {
  nextcloud.faults.reset();
  await execute(`update nextcloud_links set state = 'expired' where state in ('pending', 'granted')`);
});

const api = (route: string, json?: unknown, who: TestUser = user): Promise<Answer<Body>> =>
  call<Body>(app, route.replace(' ', ` ${BASE}`), { token: who.access_token, json });
const execute = <Row = unknown>(sql: string, values: unknown[] = []): Promise<Row[]> =>
  app.database.read((em) => em.execute<Row[]>(sql, values));
const store = (): AccountStore => app.app.get(AccountStore, { strict: false });
const stateOf = async (): Promise<string> => (await api('GET /account')).body.state;
const polls = () => nextcloud.requests.filter(({ path }) => path.endsWith('/login/v2/poll'));
const basics = () => nextcloud.requests.filter(({ authorizationScheme }) => authorizationScheme === 'basic');
const audits = async (action: string): Promise<{ outcome: string; details: Record<string, unknown> }[]> =>
  execute('select outcome, details from audit_events where action = ? and actor_id = ? order by sequence', [
    action,
    user.id,
  ]);
const due = (): Promise<unknown> => execute(`update nextcloud_links set last_polled_at = null`);
const poll = async (): Promise<void> => {
  await due();
  await app.app.get(LinkPolling, { strict: false }).pollDue();
};

async function link(): Promise<string> {
  const secret = nextcloud.createAppPassword(uid);
  const answer = await api('PUT /account', { login_name: `${uid}@clinic`, app_password: secret });
  expect(answer.status).toBe(200);
  nextcloud.clearRequests();
  return secret;
}

async function start(): Promise<{ id: string; url: string; state: () => Promise<string> }> {
  const { body, status } = await api('POST /link', {});
  expect(status).toBe(201);
  const state = async (): Promise<string> => (await api(`GET /link/${body.link_id}`)).body.state;
  return { id: body.link_id, url: body.login_url, state };
}

describe('Login Flow v2', () => {
  it('N8: is followed by a worker and not by whoever reads it, and puts the public address into the login URL', async () => {
    const flow = await start();
    expect(flow.url).toMatch(/^https:\/\/cloud\.clinic\.example\/.*login\/v2\/flow\/\w+$/);
    nextcloud.grantLogin(flow.url, uid);
    // Nobody reads; the account is there all the same, under the uid and not the login name.
    await until(async () => (await store().findAccount(user.id)) !== null);
    expect((await api('GET /account')).body).toMatchObject({ uid, login_name: `${uid}@clinic`, state: 'linked' });
    expect(await flow.state()).toBe('linked');
    expect(basics()).toEqual([]);
  });

  it('asks Nextcloud nothing when it is read', async () => {
    const flow = await start();
    await execute(`update nextcloud_links set last_polled_at = now() + interval '1 hour'`);
    // One that had begun before may still be under way.
    const before = polls().length;
    for (let reads = 0; reads < 5; reads += 1) expect(await flow.state()).toBe('pending');
    expect(polls().length - before).toBeLessThanOrEqual(1);
  });

  it('survives a restart between the answer that comes once and the trial of what it held', async () => {
    const flow = await start();
    nextcloud.faults.scripted.push({ path: '/cloud/user', status: 503, times: 100, headers: {}, body: '' });
    nextcloud.grantLogin(flow.url, uid);
    await until(async () => (await execute('select 1 from nextcloud_links where sealed_grant is not null')).length > 0);
    expect(await flow.state()).toBe('pending');
    expect(await store().findAccount(user.id)).toBeNull();
    nextcloud.faults.reset();
    // The breaker may still be open: it is a matter of seconds, not of the password.
    await until(async () => {
      await poll();
      return (await flow.state()) === 'linked';
    });
    expect(await store().credential(user.id)).toMatchObject({ uid, scheme: 'bearer' });
  });

  it('ends after 20 minutes, counted by the database', async () => {
    const flow = await start();
    await execute(`update nextcloud_links set expires_at = now() - interval '1 second' where id = ?`, [flow.id]);
    await poll();
    await until(async () => (await flow.state()) === 'expired');
    const [row] = await execute<{ sealed_poll_token: string }>(
      'select sealed_poll_token from nextcloud_links where id = ?',
      [flow.id],
    );
    expect(row?.sealed_poll_token).toBe('');
  });

  it('ends when the same user starts another one', async () => {
    const first = await start();
    const second = await start();
    expect([await first.state(), await second.state()]).toEqual(['expired', 'pending']);
  });

  it('revokes an app password that arrives after the flow was ended', async () => {
    const flow = await start();
    await due();
    const release = nextcloud.hold('/login/v2/poll');
    nextcloud.grantLogin(flow.url, uid);
    const seen = polls().length;
    const polling = poll();
    await until(() => Promise.resolve(polls().length > seen));
    await execute(`update nextcloud_links set state = 'expired' where id = ?`, [flow.id]);
    release();
    await polling;
    await until(async () => {
      await app.app.get(Revocations, { strict: false }).run();
      return (await audits('nextcloud.revoke')).length === 1;
    });
    expect((await audits('nextcloud.revoke'))[0]?.details).toEqual({ revocation: 'revoked' });
    expect(await store().findAccount(user.id)).toBeNull();
  });

  it('says why when Nextcloud hands out a login that does not work', async () => {
    const flow = await start();
    nextcloud.grantLogin(flow.url, uid);
    nextcloud.disableUser(uid);
    await until(async () => (await flow.state()) === 'failed');
    expect((await api(`GET /link/${flow.id}`)).body.problem_code).toBe('account-link-invalid');
    expect(basics().length).toBeLessThanOrEqual(1);
  });

  it('asks for at most three flows in one round, however many wait, the longest waiting first', async () => {
    const others = await Promise.all(Array.from({ length: 7 }, () => createUser(app)));
    for (const other of others) await api('POST /link', {}, other);
    // Nobody but this test may claim: the worker finds nothing due.
    await execute(`update nextcloud_links set last_polled_at = now() + interval '1 hour' where state = 'pending'`);
    nextcloud.clearRequests();
    await execute(`update nextcloud_links set last_polled_at = null where state = 'pending'`);
    const open = await app.app.get(LinkPolling, { strict: false }).pollDue();
    expect(open).toBe(7);
    expect(polls().length).toBeGreaterThan(0);
    expect(polls().length).toBeLessThanOrEqual(6);
  });

  it('is asked for once at a time by two processes', async () => {
    await start();
    const polling = app.app.get(LinkPolling, { strict: false });
    await execute(`update nextcloud_links set last_polled_at = now() + interval '1 hour' where state = 'pending'`);
    const before = polls().length;
    await due();
    await Promise.all([polling.pollDue(), polling.pollDue(), polling.pollDue()]);
    expect(polls().length - before).toBe(1);
  });
});

describe('POST /account/rotate', () => {
  it('N8: exchanges the app password, uses the new one and sends no Basic', async () => {
    const old = await link();
    const answer = await api('POST /account/rotate');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ uid, state: 'linked' });
    const { secret } = await store().credential(user.id);
    expect(secret).not.toBe(old);
    expect(answer.text).not.toContain(secret);
    expect(basics()).toEqual([]);
    const [row] = await execute<{ previous: string | null }>(
      'select sealed_previous_secret as previous from nextcloud_accounts where user_id = ?',
      [user.id],
    );
    expect(row?.previous).toBeNull();
    expect(await audits('nextcloud.rotate')).toMatchObject([{ outcome: 'success' }]);
  });

  it('keeps the old app password until the new one has been seen to work, and finds the good one later', async () => {
    await link();
    nextcloud.faults.scripted.push({ path: '/cloud/user', status: 500, times: 3, body: '' });
    expect((await api('POST /account/rotate')).status).toBe(200);
    const previous = () =>
      execute<{ has: boolean }>(
        'select sealed_previous_secret is not null as has from nextcloud_accounts where user_id = ?',
        [user.id],
      );
    expect(await previous()).toEqual([{ has: true }]);
    nextcloud.faults.reset();
    // A call that had begun with the old one is refused meanwhile: the account is not given up for it.
    await until(async () => {
      await store().recordFailure(user.id, DEAD);
      return (await previous())[0]?.has === false;
    });
    expect(await stateOf()).toBe('linked');
    expect(basics()).toEqual([]);
  });

  it('falls back to the old one when the new one is no good', async () => {
    const old = await link();
    await api('POST /account/rotate');
    const { secret: fresh } = await store().credential(user.id);
    nextcloud.revokeAppPassword(fresh);
    const survivor = nextcloud.createAppPassword(uid);
    await app.database.transaction(async (em) => {
      const sealed = await app.app.get(AccountSecrets, { strict: false }).seal(em, user.id, survivor);
      await em.execute('update nextcloud_accounts set sealed_previous_secret = ? where user_id = ?', [sealed, user.id]);
    });
    nextcloud.clearRequests();
    await store().recordFailure(user.id, DEAD);
    expect(await stateOf()).toBe('linked');
    expect((await store().credential(user.id)).secret).toBe(survivor);
    expect(survivor).not.toBe(old);
    expect(nextcloud.requests.map(({ authorizationScheme, status }) => `${authorizationScheme} ${status}`)).toEqual([
      'bearer 401',
      'bearer 200',
    ]);
  });

  it('is refused while another request rotates, and the two make one exchange', async () => {
    await link();
    const release = nextcloud.hold('/core/apppassword/rotate');
    const first = api('POST /account/rotate');
    await until(() => Promise.resolve(nextcloud.requests.some(({ path }) => path.endsWith('/rotate'))));
    const second = await api('POST /account/rotate');
    release();
    expect([second.status, second.body.code]).toEqual([409, 'rotation-in-progress']);
    expect((await first).status).toBe(200);
    expect(nextcloud.requests.filter(({ path }) => path.endsWith('/rotate'))).toHaveLength(1);
  });

  it('notes a dead credential, and sends the exchange once even when the connection breaks', async () => {
    const secret = await link();
    nextcloud.revokeAppPassword(secret);
    const answer = await api('POST /account/rotate');
    expect([answer.status, answer.body.code]).toEqual([403, 'account-link-invalid']);
    expect(await stateOf()).toBe('invalid');
    expect(nextcloud.requests).toHaveLength(1);
    expect((await api('POST /account/rotate')).body.code).toBe('account-link-invalid');
    expect(nextcloud.requests).toHaveLength(1);
  });

  it('F10 works where a password was linked by hand: it was exchanged for an app password', async () => {
    nextcloud.addUser({ uid: `plain-${uid}`, password: 'Sehr-geheim-2026' });
    await api('PUT /account', { login_name: `plain-${uid}`, app_password: 'Sehr-geheim-2026' });
    const answer = await api('POST /account/rotate');
    expect(answer.status).toBe(200);
    expect(await stateOf()).toBe('linked');
  });

  it('S29: needs a linked account of the own', async () => {
    expect((await api('POST /account/rotate')).body.code).toBe('account-not-linked');
  });
});

describe('a refused credential', () => {
  it('N9: ends the jobs of its user that need it, is told once by mail and once in the trail, however many calls fail', async () => {
    await link();
    await execute(
      `insert into jobs (id, user_id, kind, state, parameters, counters)
       select gen_random_uuid(), ?, kind, state, parameters::jsonb, '{}'
       from (values ('scan', 'queued', '{"source":"nextcloud"}'), ('scan', 'queued', '{"source":"upload"}'),
         ('source-unlinked', 'running', '{"source":"nextcloud"}'),
         ('index-file', 'running', '{"source":"nextcloud"}')) as jobs (kind, state, parameters)`,
      [user.id],
    );
    await Promise.all(Array.from({ length: 8 }, () => store().recordFailure(user.id, DEAD)));
    const jobs = await execute<{ kind: string; state: string; code: string | null; asked: boolean }>(
      `select kind, state, problem_code as code, cancel_requested_at is not null as asked from jobs where user_id = ?
       order by kind, state`,
      [user.id],
    );
    expect(jobs).toEqual([
      { kind: 'index-file', state: 'running', code: 'account-link-invalid', asked: true },
      { kind: 'scan', state: 'failed', code: 'account-link-invalid', asked: true },
      { kind: 'scan', state: 'queued', code: null, asked: false },
      { kind: 'source-unlinked', state: 'running', code: null, asked: false },
    ]);
    expect(await audits('nextcloud.refused')).toEqual([{ outcome: 'failure', details: { state: 'invalid' } }]);
    const message = await mailApp.mail.take(user.email, 'Your Nextcloud account is not connected any more');
    expect(JSON.stringify(message)).toContain('app.clinic.example');
    const mails = await execute(`select 1 from outgoing_mails where user_id = ? and template like 'nextcloud-%'`, [
      user.id,
    ]);
    expect(mails).toHaveLength(1);
    expect(nextcloud.requests).toEqual([]);
  });

  it('changes nothing for an outage, a throttle or a missing file (nextcloud.md 14)', async () => {
    await link();
    for (const code of ['upstream-unavailable', 'upstream-throttled', 'file-not-found', 'forbidden'] as const) {
      await store().recordFailure(user.id, new DomainError(code));
    }
    expect(await stateOf()).toBe('linked');
  });

  it('is not probed again by any task once it is dead: only linking again brings it back', async () => {
    const secret = await link();
    nextcloud.revokeAppPassword(secret);
    await store().recordFailure(user.id, DEAD);
    nextcloud.clearRequests();
    await app.app.get(SuspendedAccountsTask, { strict: false }).run();
    expect(nextcloud.requests).toEqual([]);
    await link();
    expect(await stateOf()).toBe('linked');
  });
});

describe('a suspended account', () => {
  const suspend = async (): Promise<void> => {
    nextcloud.disableUser(uid);
    await store().recordFailure(user.id, new DomainError('account-suspended'));
  };
  const look = (): Promise<void> => app.app.get(SuspendedAccountsTask, { strict: false }).run();

  it('stays so while the user is disabled, and is linked again when the user is enabled, without any Basic', async () => {
    await link();
    await suspend();
    await look();
    expect(await stateOf()).toBe('suspended');
    nextcloud.enableUser(uid);
    await look();
    expect(await stateOf()).toBe('linked');
    expect(await audits('nextcloud.resumed')).toHaveLength(1);
    expect(basics()).toEqual([]);
  });

  it('becomes invalid when its app password is dead', async () => {
    const secret = await link();
    await suspend();
    nextcloud.revokeAppPassword(secret);
    await look();
    expect(await stateOf()).toBe('invalid');
  });

  it('stays so while Nextcloud is away', async () => {
    await link();
    await suspend();
    nextcloud.faults.isInMaintenance = true;
    await look();
    expect(await stateOf()).toBe('suspended');
  });
});

describe('revocation', () => {
  const isDead = (secret: string): boolean => !nextcloud.hasAppPassword(secret);
  const runDue = async (): Promise<void> => {
    await execute(`update nextcloud_revocations set next_attempt_at = now() where user_id = ?`, [user.id]);
    await app.app.get(Revocations, { strict: false }).run();
  };
  const waiting = (): Promise<{ sealed_login: string; attempts: number }[]> =>
    execute('select sealed_login, attempts from nextcloud_revocations where user_id = ?', [user.id]);

  it('N8: is made within the request, as Bearer, where Nextcloud answers', async () => {
    const secret = await link();
    expect((await api('DELETE /account')).body.revocation).toBe('revoked');
    expect(isDead(secret)).toBe(true);
    expect(basics()).toEqual([]);
    expect(await waiting()).toEqual([]);
  });

  it('is made later where Nextcloud is away, from a sealed row that then goes', async () => {
    const secret = await link();
    nextcloud.faults.isInMaintenance = true;
    expect((await api('DELETE /account')).body.revocation).toBe('pending');
    const [row] = await waiting();
    expect(row?.sealed_login).toMatch(/^r1\./);
    expect(row?.sealed_login).not.toContain(secret);
    await runDue();
    expect(await waiting()).toHaveLength(1);
    expect((await waiting())[0]?.attempts).toBeGreaterThan(0);
    nextcloud.faults.reset();
    await until(async () => {
      await runDue();
      return (await waiting()).length === 0;
    });
    expect(isDead(secret)).toBe(true);
    expect(await audits('nextcloud.revoke')).toEqual([{ outcome: 'success', details: { revocation: 'revoked' } }]);
  });

  it('is given up after seven days, and the trail says so', async () => {
    await link();
    nextcloud.faults.isInMaintenance = true;
    await api('DELETE /account');
    await execute(`update nextcloud_revocations set created_at = now() - interval '8 days'`);
    await runDue();
    expect(await waiting()).toEqual([]);
    expect(await audits('nextcloud.revoke')).toEqual([{ outcome: 'failure', details: { revocation: 'given-up' } }]);
  });

  it('waits for a user who is disabled, whose app password would live again', async () => {
    const secret = await link();
    nextcloud.disableUser(uid);
    await store().recordFailure(user.id, new DomainError('account-suspended'));
    expect((await api('DELETE /account')).body.revocation).toBe('pending');
    nextcloud.enableUser(uid);
    await runDue();
    expect(isDead(secret)).toBe(true);
  });

  it('takes the app password that a new link replaces', async () => {
    const first = await link();
    const second = await link();
    await runDue();
    expect([isDead(first), isDead(second)]).toEqual([true, false]);
  });

  it('follows the end of the account here, also when it is erased and its key with it', async () => {
    const secret = await link();
    const admin = await createUser(app, { isAdmin: true });
    nextcloud.faults.isInMaintenance = true;
    const remove = await call(app, `DELETE /api/users/${user.id}`, { token: admin.access_token });
    expect(remove.status).toBe(204);
    const [account] = await execute<{ state: string; sealed_secret: string }>(
      'select state, sealed_secret from nextcloud_accounts where user_id = ?',
      [user.id],
    );
    expect(account).toEqual({ state: 'invalid', sealed_secret: '' });
    expect((await call(app, `POST /api/users/${user.id}/erase`, { token: admin.access_token })).status).toBe(204);
    nextcloud.faults.reset();
    await until(async () => {
      await runDue();
      return isDead(secret);
    });
    expect(await waiting()).toEqual([]);
  });
});

describe('limits', () => {
  it('S40: both ways to link are counted together, and against the smallest limit', () => {
    const limit = (method: 'startLink' | 'linkByHand'): unknown =>
      Reflect.getMetadata(REQUEST_LIMIT, AccountController.prototype[method]);
    expect([limit('startLink'), limit('linkByHand')]).toEqual(['link', 'link']);
  });
});
