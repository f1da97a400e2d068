// GET /api/integrations/nextcloud/doctor: who sees what, the own account, and how little Nextcloud is asked (N13, Q3).
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, createUser, type Answer, type Problem, type TestUser } from '../../support/api.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

interface CheckBody {
  readonly id: string;
  readonly status: string;
  readonly cause: string | null;
  readonly fix: string | null;
  readonly facts?: Record<string, unknown>;
}

interface ReportBody extends Problem {
  readonly checks: readonly CheckBody[];
  readonly summary: { ok: number; warnings: number; faults: number; skipped: number };
  readonly checked_at: string;
}

const ROUTE = 'GET /api/integrations/nextcloud/doctor';
const ADMIN_PASSWORD = 'Admin-password-of-the-double';

let nextcloud: NextcloudDouble;
let app: TestApp;

const start = (env: Record<string, string> = {}): Promise<TestApp> =>
  startTestApp({
    env: {
      NEXTCLOUD_URL: nextcloud.url,
      NEXTCLOUD_WATCH_DIRECTORIES: '/Documents,/Guidelines',
      NEXTCLOUD_ADMIN_USER: 'admin',
      NEXTCLOUD_ADMIN_PASSWORD: nextcloud.createAppPassword('admin'),
      ...env,
    },
  });

beforeAll(async () => {
  nextcloud = await NextcloudDouble.start({ adminPassword: ADMIN_PASSWORD });
  app = await start();
});
afterAll(async () => {
  await app.close();
  await nextcloud.stop();
});
beforeEach(() => nextcloud.clearRequests());
afterEach(() => nextcloud.faults.reset());

/** What is known of the server is kept for some seconds: a test of the server itself needs one that knows nothing yet. */
function withOwnServer(env: Record<string, string> = {}): void {
  let shared: TestApp;
  beforeEach(async () => {
    shared = app;
    app = await start(env);
    nextcloud.clearRequests();
  });
  afterEach(async () => {
    await app.close();
    app = shared;
  });
}

function report(who: TestUser, query = ''): Promise<Answer<ReportBody>> {
  return call<ReportBody>(app, ROUTE + query, { token: who.access_token });
}

const checkOf = ({ body }: Answer<ReportBody>, id: string): CheckBody | undefined =>
  body.checks.find((check) => check.id === id);

/** Somebody with a Nextcloud account of his own, linked. */
async function linkedUser(uid: string): Promise<{ user: TestUser; secret: string }> {
  nextcloud.addUser({ uid, password: 'Not-used-password-1' });
  const user = await createUser(app);
  const secret = nextcloud.createAppPassword(uid);
  const json = { login_name: uid, app_password: secret };
  const linked = await call(app, 'PUT /api/integrations/nextcloud/account', { token: user.access_token, json });
  expect(linked.status).toBe(200);
  nextcloud.clearRequests();
  return { user, secret };
}

describe('who sees what', () => {
  it('answers 401 without a token', async () => {
    expect((await call(app, ROUTE)).status).toBe(401);
    expect(nextcloud.requests).toEqual([]);
  });

  it.each(['true', 'false'])('lets nobody but administrators go deep (deep=%s)', async (deep) => {
    const answer = await report(await createUser(app), `?deep=${deep}`);
    expect([answer.status, answer.body.code]).toEqual(deep === 'true' ? [403, 'forbidden'] : [200, undefined]);
  });

  it('answers 422 to a depth that is none', async () => {
    expect((await report(await createUser(app), '?deep=very')).body.code).toBe('validation-failed');
  });

  it('opens to a personal access token with nextcloud:read and to no other', async () => {
    const { access_token: token } = await createUser(app);
    const mint = async (scope: string): Promise<string> => {
      const json = { name: scope, scopes: [scope], expires_in_days: 1 };
      const answer = await call<{ token: string }>(app, 'POST /api/auth/tokens', { token, json });
      return answer.body.token;
    };
    expect((await call(app, ROUTE, { token: await mint('nextcloud:read') })).status).toBe(200);
    expect((await call(app, ROUTE, { token: await mint('jobs:read') })).status).toBe(403);
  });
});

describe('the own account', () => {
  it('is not linked: says how to link it', async () => {
    const answer = await report(await createUser(app));
    expect(checkOf(answer, 'account-linked')).toMatchObject({
      status: 'skipped',
      fix: expect.stringContaining('/api/integrations/nextcloud/link'),
    });
  });

  it('works: home, room, folders, calendar and uploads are looked at with its own credential, by Bearer', async () => {
    const { user } = await linkedUser('anna');
    nextcloud.makeFolder('anna', '/Documents');
    const answer = await report(user);
    const account = answer.body.checks.filter(({ id }) => id.startsWith('account-'));
    expect(account.map(({ id, status }) => [id, status])).toEqual([
      ['account-linked', 'ok'],
      ['account-credential', 'ok'],
      ['account-home', 'ok'],
      ['account-quota', 'ok'],
      ['account-watched-folders', 'ok'],
      ['account-calendars', 'ok'],
      ['account-uploads', 'ok'],
    ]);
    expect(checkOf(answer, 'account-watched-folders')?.cause).toContain('/Guidelines');
    const used = nextcloud.requests.filter(({ authorizationScheme }) => authorizationScheme !== null);
    expect(used.filter(({ authorizationScheme }) => authorizationScheme === 'basic')).toEqual([]);
    expect(used.filter(({ authenticatedUid }) => authenticatedUid === 'anna').length).toBeGreaterThan(0);
    expect(used.filter(({ authenticatedUid }) => authenticatedUid === 'admin')).toEqual([]);
  });

  it('N13 recognises "Unauthorized": a revoked app password is tried once by Bearer, and never again', async () => {
    const { user, secret } = await linkedUser('bert');
    nextcloud.revokeAppPassword(secret);
    const first = await report(user);
    expect(checkOf(first, 'account-credential')).toMatchObject({
      status: 'fault',
      cause: expect.stringContaining('refuses the app password'),
    });
    const schemes = nextcloud.requests.map(({ authorizationScheme }) => authorizationScheme);
    expect(schemes.filter((scheme) => scheme === 'basic')).toEqual([]);
    const state = await call<{ state: string }>(app, 'GET /api/integrations/nextcloud/account', {
      token: user.access_token,
    });
    expect(state.body.state).toBe('invalid');
    expect(first.text).not.toContain(secret);
  });

  it('tells a dead app password from what is stored, without asking', async () => {
    const { user } = await linkedUser('carl');
    await app.database.read((em) => em.execute(`update nextcloud_accounts set state = 'invalid' where uid = 'carl'`));
    expect(checkOf(await report(user), 'account-credential')?.status).toBe('fault');
    expect(nextcloud.requests.filter(({ authenticatedUid }) => authenticatedUid === 'carl')).toEqual([]);
  });

  it('tells an account that is disabled in Nextcloud', async () => {
    const { user } = await linkedUser('dora');
    nextcloud.disableUser('dora');
    expect(checkOf(await report(user), 'account-credential')).toMatchObject({
      status: 'fault',
      cause: 'Your account is disabled in Nextcloud.',
    });
  });

  it.each([
    [0, 'fault'],
    [50_000_000, 'warning'],
    [500_000_000, 'ok'],
  ])('with %i bytes of quota is %s', async (quota, status) => {
    const uid = `quota-${quota}`;
    const { user } = await linkedUser(uid);
    nextcloud.setQuota(uid, quota);
    expect(checkOf(await report(user), 'account-quota')?.status).toBe(status);
  });

  it('warns when none of the watched folders exists', async () => {
    const { user } = await linkedUser('emil');
    expect(checkOf(await report(user), 'account-watched-folders')).toMatchObject({
      status: 'warning',
      fix: expect.stringContaining('/Documents, /Guidelines'),
    });
  });

  it('N13 recognises "Calendar not found"', async () => {
    const { user } = await linkedUser('fritz');
    nextcloud.faults.hasNoCalendars = true;
    expect(checkOf(await report(user), 'account-calendars')).toMatchObject({
      status: 'warning',
      cause: expect.stringContaining('Calendar not found'),
    });
  });

  it('sees a foreign home: the user id leads to somebody else', async () => {
    const { user } = await linkedUser('gerd');
    await app.database.read((em) => em.execute(`update nextcloud_accounts set uid = 'anna' where uid = 'gerd'`));
    expect(checkOf(await report(user), 'account-home')?.status).toBe('fault');
  });

  it('leaves a row in the audit trail', async () => {
    const { user } = await linkedUser('ilse');
    await report(user);
    const rows = await app.database.read((em) =>
      em.execute<{ outcome: string }[]>(
        `select outcome from audit_events where action = 'nextcloud.doctor' and actor_id = ?`,
        [user.id],
      ),
    );
    expect(rows).toEqual([{ outcome: 'success' }]);
  });
});

describe('the server as it is now', () => {
  withOwnServer();

  it('tells a user the causes, and neither address, command nor fact of the server', async () => {
    nextcloud.faults.isHostUntrusted = true;
    const answer = await report(await createUser(app));
    expect(answer.status).toBe(200);
    expect(checkOf(answer, 'trusted-domains')).toEqual({
      id: 'trusted-domains',
      title: 'Nextcloud trusts the host name it is called by',
      status: 'fault',
      cause: 'Nextcloud refuses the host name in NEXTCLOUD_URL: it is not in its trusted_domains.',
      fix: 'Tell the administrator of this server: "trusted-domains".',
    });
    expect(answer.text).not.toContain('127.0.0.1');
    expect(answer.body.summary.faults).toBe(1);
  });

  it('tells an administrator facts and commands, and looks at the service account', async () => {
    const admin = await createUser(app, { isAdmin: true });
    const answer = await report(admin);
    expect(checkOf(answer, 'version')).toMatchObject({ status: 'ok', facts: { version: '27.1.10' } });
    expect(checkOf(answer, 'service-account')).toMatchObject({ status: 'ok', facts: { is_admin: true } });
    expect(nextcloud.requests.filter(({ authorizationScheme }) => authorizationScheme === 'basic')).toEqual([]);
  });

  it('uses the service account for nobody else', async () => {
    await report(await createUser(app));
    expect(nextcloud.requests.filter(({ authenticatedUid }) => authenticatedUid === 'admin')).toEqual([]);
  });

  it('is left alone while the Authorization header gets lost: the app password is not to blame', async () => {
    const { user } = await linkedUser('hans');
    nextcloud.faults.stripsAuthorization = true;
    const answer = await report(user);
    expect(checkOf(answer, 'authorization-header')?.status).toBe('fault');
    expect(checkOf(answer, 'account-credential')?.status).toBe('skipped');
    const state = await call<{ state: string }>(app, 'GET /api/integrations/nextcloud/account', {
      token: user.access_token,
    });
    expect(state.body.state).toBe('linked');
  });

  it('shares one examination among users and among calls', async () => {
    const users = [await createUser(app), await createUser(app), await createUser(app)];
    const answers = await Promise.all(users.map((user) => report(user)));
    await report(users[0] as TestUser);
    expect(new Set(answers.map(({ body }) => body.checked_at)).size).toBe(1);
    expect(nextcloud.requests.filter(({ path }) => path === '/status.php')).toHaveLength(1);
  });

  it('N16 answers 200 with the report while Nextcloud is down', async () => {
    nextcloud.faults.isDatabaseDown = true;
    const answer = await report(await createUser(app, { isAdmin: true }));
    expect([answer.status, answer.body.summary.faults]).toEqual([200, 1]);
  });
});

describe('the limit of the route', () => {
  withOwnServer({ RATE_LIMIT_DOCTOR_PER_MINUTE: '4' });

  it('is limited to RATE_LIMIT_DOCTOR_PER_MINUTE for each user', async () => {
    const user = await createUser(app);
    const statuses: number[] = [];
    for (let time = 0; time < 5; time += 1) statuses.push((await report(user)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 429]);
    expect((await report(await createUser(app))).status).toBe(200);
  });
});
