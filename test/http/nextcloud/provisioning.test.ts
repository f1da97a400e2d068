// Accounts as users of Nextcloud: made once, matched where proved, never taken over, followed to one end state (rows A17, N1; R32).
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Provisioner } from '../../../src/nextcloud/provisioning/provisioner.ts';
import { provisionedUid } from '../../../src/nextcloud/provisioning/provisioned-uid.ts';
import { RegistrationService } from '../../../src/auth/accounts/registration.service.ts';
import { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, createUser, PASSWORD, type Answer, type Problem, type TestUser } from '../../support/api.ts';
import { startMailApp } from '../../support/mail-app.ts';
import { SsoBrowser } from '../../support/sso-browser.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';
import { until } from '../../support/until.ts';

interface Provisioning {
  readonly user_id: string;
  readonly nextcloud_user_id: string | null;
  readonly state: string;
  readonly problem_code: string | null;
  readonly is_enabled: boolean;
  readonly next_attempt_at: string | null;
}
interface Body extends Problem, Provisioning {
  readonly provisionings: Provisioning[];
  readonly next_cursor: string | null;
}

const BASE = '/api/integrations/nextcloud';

let nextcloud: NextcloudDouble;
let app: TestApp;
let admin: TestUser;
let addresses = 0;
let env: Record<string, string>;

beforeAll(async () => {
  nextcloud = await NextcloudDouble.start();
  nextcloud.addGroup('voiceassist');
  nextcloud.addUser({ uid: 'service', password: 'Sehr-geheim-2026', isAdmin: true });
  const client = nextcloud.registerOAuth2Client('http://localhost:8000/api/auth/oidc/nextcloud-oauth2/callback');
  env = {
    NEXTCLOUD_URL: nextcloud.url,
    NEXTCLOUD_ADMIN_USER: 'service',
    NEXTCLOUD_ADMIN_PASSWORD: nextcloud.createAppPassword('service'),
    NEXTCLOUD_AUTO_PROVISION: 'registration',
    NEXTCLOUD_PROVISION_GROUPS: 'voiceassist',
    NEXTCLOUD_SSO: 'oauth2',
    NEXTCLOUD_OAUTH_CLIENT_ID: client.clientId,
    NEXTCLOUD_OAUTH_CLIENT_SECRET: client.clientSecret,
  };
  app = await startTestApp({ env });
  admin = await createUser(app, { isAdmin: true });
});
afterAll(async () => {
  await app.close();
  await nextcloud.stop();
});
beforeEach(() => nextcloud.clearRequests());
afterEach(() => nextcloud.faults.reset());

const address = (): string => `person${(addresses += 1)}@clinic.example`;
const execute = <Row = unknown>(sql: string, values: unknown[] = []): Promise<Row[]> =>
  app.database.read((em) => em.execute<Row[]>(sql, values));
const api = (route: string): Promise<Answer<Body>> =>
  call<Body>(app, route.replace(' ', ` ${BASE}`), { token: admin.access_token });
const find = async (userId: string): Promise<Provisioning | undefined> => {
  const found: Provisioning[] = [];
  let cursor: string | null = '00000000-0000-0000-0000-000000000000';
  while (cursor !== null) {
    const page: Answer<Body> = await api(`GET /provisionings?limit=100&cursor=${cursor}`);
    found.push(...page.body.provisionings);
    cursor = page.body.next_cursor;
  }
  return found.find((each) => each.user_id === userId);
};
/** Lets every pause be over and makes one attempt. */
const run = async (target: TestApp = app): Promise<void> => {
  await target.database.read((em) =>
    em.execute('update nextcloud_provisionings set next_attempt_at = now() where next_attempt_at is not null'),
  );
  await target.app.get(Provisioner, { strict: false }).runDue();
};
const reaches = (userId: string, state: string): Promise<void> =>
  until(async () => {
    await run();
    return (await find(userId))?.state === state;
  });
const inNextcloud = (uid: string) => nextcloud.users().find((user) => user.uid === uid);
const register = async (email: string): Promise<string> => {
  const json = { email, password: PASSWORD, full_name: 'Test Person' };
  const answer = await call<{ id: string }>(app, 'POST /api/auth/register', { json });
  expect(answer.status).toBe(201);
  return answer.body.id;
};
const outage = (): void => {
  nextcloud.faults.isInMaintenance = true;
};

describe('the id of a provisioned user', () => {
  it('is the address, or what Nextcloud allows of it with a hash that tells one address from another', () => {
    expect(provisionedUid('ana.duarte@clinic.example')).toBe('ana.duarte@clinic.example');
    const odd = 'ana+test@clinic.example';
    const hash = createHash('sha256').update(odd).digest('hex').slice(0, 12);
    expect(provisionedUid(odd)).toBe(`ana-test@clinic.example-${hash}`);
    expect(provisionedUid('ana/test@clinic.example')).not.toBe(provisionedUid('ana#test@clinic.example'));
    const long = provisionedUid(`${'a'.repeat(64)}@clinic.example`);
    expect(long.length).toBeLessThanOrEqual(64);
    expect(provisionedUid('müller@clinic.example')).toMatch(/^[a-z0-9_.@'-]{1,64}$/);
  });
});

describe('a new account', () => {
  it('A17: becomes a Nextcloud user by registration, with address, name and group, and without a password known here', async () => {
    const email = address();
    const id = await register(email);
    await until(async () => (await find(id))?.state === 'provisioned');
    expect(await find(id)).toMatchObject({ nextcloud_user_id: email, problem_code: null, next_attempt_at: null });
    expect(inNextcloud(email)).toMatchObject({ email, displayName: 'Test Person', groups: ['voiceassist'] });
    expect(nextcloud.requests.every(({ authorizationScheme }) => authorizationScheme !== 'bearer')).toBe(true);
  });

  it('A17: also when an administrator invites somebody, and when the operator makes the account', async () => {
    const [invited, made] = [address(), address()];
    const json = { email: invited, full_name: 'In Vited' };
    const answer = await call<{ id: string }>(app, 'POST /api/users/invitations', { token: admin.access_token, json });
    expect(answer.status).toBe(201);
    const registration = app.app.get(RegistrationService, { strict: false });
    const { id } = await registration.create({ email: made, password: PASSWORD, fullName: null }, { isAdmin: false });
    await reaches(id, 'provisioned');
    await reaches(answer.body.id, 'provisioned');
    expect([inNextcloud(invited), inNextcloud(made)]).toEqual([expect.anything(), expect.anything()]);
  });

  it('R32: leaves nothing for Nextcloud when its registration fails', async () => {
    const email = address();
    await register(email);
    const before = (await execute('select 1 from nextcloud_provisionings')).length;
    const again = await call(app, 'POST /api/auth/register', {
      json: { email, password: PASSWORD, full_name: 'Again' },
    });
    expect(again.status).toBe(409);
    expect(await execute('select 1 from nextcloud_provisionings')).toHaveLength(before);
  });
});

describe('R32: a failure in between', () => {
  it('ends provisioned after an outage, with the obstacle shown meanwhile', async () => {
    outage();
    const email = address();
    const id = await register(email);
    await run();
    expect(await find(id)).toMatchObject({ state: 'pending', problem_code: expect.stringMatching(/^upstream-/) });
    expect(inNextcloud(email)).toBeUndefined();
    nextcloud.faults.reset();
    await reaches(id, 'provisioned');
    expect(nextcloud.users().filter((user) => user.email === email)).toHaveLength(1);
  });

  it('ends provisioned when Nextcloud makes the user and the answer is lost', async () => {
    const email = address();
    outage();
    const id = await register(email);
    await execute(
      `update nextcloud_provisionings set state = 'creating', uid = ?, absent_seen_at = now() where user_id = ?`,
      [email, id],
    );
    nextcloud.addUser({ uid: email, password: 'made-by-us', email });
    nextcloud.faults.reset();
    await reaches(id, 'provisioned');
    // The group that the creation did not come to is made up for.
    await until(async () => {
      await run();
      return (await find(id))?.state === 'provisioned';
    });
    expect(nextcloud.requests.some(({ method, path }) => method === 'POST' && path.endsWith('/cloud/users'))).toBe(
      false,
    );
  });

  it('ends provisioned when Nextcloud left the user half done', async () => {
    const email = address();
    outage();
    const id = await register(email);
    await execute(
      `update nextcloud_provisionings set state = 'creating', uid = ?, absent_seen_at = now() where user_id = ?`,
      [email, id],
    );
    nextcloud.addUser({ uid: email, password: 'made-by-us' });
    nextcloud.faults.reset();
    await reaches(id, 'provisioned');
    expect(inNextcloud(email)).toMatchObject({ email, groups: ['voiceassist'] });
  });

  it('makes one user when two processes try at once', async () => {
    const email = address();
    outage();
    const id = await register(email);
    nextcloud.faults.reset();
    await execute('update nextcloud_provisionings set next_attempt_at = now() where user_id = ?', [id]);
    const provisioner = app.app.get(Provisioner, { strict: false });
    await Promise.all([provisioner.runDue(), provisioner.runDue(), provisioner.runDue()]);
    await reaches(id, 'provisioned');
    expect(nextcloud.users().filter((user) => user.email === email)).toHaveLength(1);
  });

  it('is shown to administrators when it needs one, and is done again at their word', async () => {
    const email = address();
    outage();
    const id = await register(email);
    nextcloud.addUser({ uid: email, password: 'somebody-else', email: 'other@clinic.example' });
    nextcloud.faults.reset();
    await reaches(id, 'failed');
    const failed = await api('GET /provisionings?state=failed');
    expect(failed.body.provisionings).toContainEqual(
      expect.objectContaining({ user_id: id, problem_code: 'nextcloud-user-exists', next_attempt_at: null }),
    );
    nextcloud.deleteUser(email);
    expect((await api(`POST /provisionings/${id}/retry`)).body.state).toBe('pending');
    await reaches(id, 'provisioned');
    expect((await api('POST /provisionings/019aab7c-2f10-7c3e-8d55-5a1f0c9b7e21/retry')).status).toBe(404);
  });
});

describe('a Nextcloud user that was there', () => {
  it('is never taken over because of its id or its address', async () => {
    const [taken, known] = [address(), address()];
    nextcloud.addUser({ uid: taken, password: 'not-ours' });
    nextcloud.addUser({ uid: `ldap-${addresses}`, password: 'not-ours', email: known });
    for (const email of [taken, known]) {
      const id = await register(email);
      await reaches(id, 'failed');
      expect((await find(id))?.problem_code).toBe('nextcloud-user-exists');
    }
    const writes = nextcloud.requests.filter(({ method }) => method !== 'GET');
    expect(writes).toEqual([]);
  });

  it('A17: is matched when its owner signs in with it', async () => {
    const email = address();
    const uid = `sso-${addresses}`;
    nextcloud.addUser({ uid, password: 'not-used', email });
    const browser = new SsoBrowser(app);
    const callback = nextcloud.grantOAuth2(await browser.begin('nextcloud-oauth2'), uid);
    expect((await browser.open(callback)).status).toBeLessThan(400);
    const [row] = await execute<{ state: string; uid: string }>(
      `select p.state, p.uid from nextcloud_provisionings p join users u on u.id = p.user_id where u.email = ?`,
      [email],
    );
    expect(row).toEqual({ state: 'matched', uid });
    expect(nextcloud.requests.some(({ method, path }) => method === 'POST' && path.endsWith('/cloud/users'))).toBe(
      false,
    );
  });

  it('A17: is matched when its owner links it, also after a provisioning has failed for it', async () => {
    const email = address();
    nextcloud.addUser({ uid: email, password: 'not-used' });
    const id = await register(email);
    await reaches(id, 'failed');
    const { access_token: token } = (
      await call<{ access_token: string }>(app, 'POST /api/auth/login', { json: { email, password: PASSWORD } })
    ).body;
    const json = { login_name: email, app_password: nextcloud.createAppPassword(email) };
    expect((await call(app, `PUT ${BASE}/account`, { token, json })).status).toBe(200);
    expect(await find(id)).toMatchObject({ state: 'matched', nextcloud_user_id: email, problem_code: null });
  });
});

describe('the end of an account', () => {
  const remove = async (id: string): Promise<void> => {
    expect((await call(app, `DELETE /api/users/${id}`, { token: admin.access_token })).status).toBe(204);
  };

  it('disables the Nextcloud user that this server made, and its return enables it', async () => {
    const email = address();
    const id = await register(email);
    await reaches(id, 'provisioned');
    outage();
    await remove(id);
    await run();
    expect(inNextcloud(email)?.isEnabled).toBe(true);
    nextcloud.faults.reset();
    await until(async () => {
      await run();
      return inNextcloud(email)?.isEnabled === false;
    });
    expect((await call(app, `POST /api/users/${id}/reactivate`, { token: admin.access_token })).status).toBe(200);
    await until(async () => {
      await run();
      return inNextcloud(email)?.isEnabled === true;
    });
    expect(await find(id)).toMatchObject({ state: 'provisioned', is_enabled: true });
  });

  it('leaves alone a Nextcloud user that was only matched', async () => {
    const email = address();
    const uid = `own-${addresses}`;
    nextcloud.addUser({ uid, password: 'not-used' });
    outage();
    const id = await register(email);
    await execute(
      `update nextcloud_provisionings set state = 'matched', uid = ?, next_attempt_at = null where user_id = ?`,
      [uid, id],
    );
    nextcloud.faults.reset();
    await remove(id);
    await run();
    expect(inNextcloud(uid)?.isEnabled).toBe(true);
    expect(nextcloud.requests.filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  it('is followed also when the account is erased before Nextcloud could be asked, and then no row is left', async () => {
    const email = address();
    const id = await register(email);
    await reaches(id, 'provisioned');
    outage();
    await remove(id);
    expect((await call(app, `POST /api/users/${id}/erase`, { token: admin.access_token })).status).toBe(204);
    expect(await find(id)).toBeDefined();
    nextcloud.faults.reset();
    await until(async () => {
      await run();
      return inNextcloud(email)?.isEnabled === false;
    });
    await run();
    expect(await find(id)).toBeUndefined();
  });
});

describe('who may', () => {
  it('S57: sees the steps in the trail, under the id of the account and without an address', async () => {
    const rows = await execute<{ details: object; target_id: string }>(
      `select details, target_id from audit_events where action = 'nextcloud-user.provision'`,
    );
    expect(rows.length).toBeGreaterThan(5);
    expect(JSON.stringify(rows)).not.toContain('@');
    expect(rows.every(({ target_id: id }) => /^[0-9a-f-]{36}$/.test(id))).toBe(true);
  });

  it('S28: is no matter for others than administrators', async () => {
    const user = await createUser(app);
    const answer = await call<Problem>(app, `GET ${BASE}/provisionings`, { token: user.access_token });
    expect(answer.status).toBe(403);
  });
});

// Last: the strategies of passport are those of the application that was started last.
describe('other servers', () => {
  it('is not brought into Nextcloud before its address is verified, where addresses are', async () => {
    const verifying = await startMailApp({ ...env, EMAIL_VERIFICATION: 'required' });
    try {
      const email = address();
      await call(verifying.app, 'POST /api/auth/register', {
        json: { email, password: PASSWORD, full_name: 'Un Known' },
      });
      await run(verifying.app);
      expect(inNextcloud(email)).toBeUndefined();
      await verifying.app.database.read((em) =>
        em.execute('update users set email_verified_at = now() where email = ?', [email]),
      );
      await until(async () => {
        await run(verifying.app);
        return inNextcloud(email) !== undefined;
      });
    } finally {
      await verifying.close();
    }
  });

  it('makes the first administrator of INITIAL_ADMIN_EMAIL a Nextcloud user too', async () => {
    const email = address();
    const other = await startTestApp({
      env: { ...env, INITIAL_ADMIN_EMAIL: email, INITIAL_ADMIN_PASSWORD: PASSWORD },
    });
    try {
      await until(async () => {
        await run(other);
        return inNextcloud(email) !== undefined;
      });
    } finally {
      await other.close();
    }
  });
});
