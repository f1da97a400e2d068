// The doctor on a server and an account in order, the same on the double and on a real Nextcloud (seed row N13).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AccountSnapshot, type ExaminedAccount } from '../../../src/nextcloud/doctor/account-snapshot.ts';
import { runChecks } from '../../../src/nextcloud/doctor/check-runner.ts';
import { ACCOUNT_CHECKS } from '../../../src/nextcloud/doctor/checks/account.checks.ts';
import { DoctorProbe } from '../../../src/nextcloud/doctor/protocol/doctor-probe.ts';
import { NextcloudTarget, type TargetUser } from '../../support/nextcloud-target.ts';
import { examine, signOn, withStatus } from './doctor-stage.ts';

/** Another name for the server can be had only where it listens on the loopback interface. */
const isOnThisMachine = /^(http:\/\/(127\.0\.0\.1|localhost)|$)/.test(process.env['TEST_NEXTCLOUD_URL'] ?? '')
  ? it
  : it.skip;

let target: NextcloudTarget;
let user: TargetUser;

beforeAll(async () => {
  target = await NextcloudTarget.start();
  user = await target.makeUser();
});
afterAll(async () => target.stop());

async function examineAccount(changes: Partial<ExaminedAccount> = {}) {
  const server = await examine(target.baseUrl);
  const refused: unknown[] = [];
  const snapshot = new AccountSnapshot({
    probe: new DoctorProbe(target.outbound, target.baseUrl),
    account: { uid: user.uid, scheme: 'bearer', state: 'linked', login: user.credential, ...changes },
    watchDirectories: ['/Documents', '/no-such-folder'],
    onRefused: (error) => Promise.resolve(void refused.push(error)),
  });
  const results = await runChecks(ACCOUNT_CHECKS, snapshot, { known: [...server.values()] });
  return { results: new Map(results.map((result) => [result.id, result])), refused };
}

describe('an account in order', () => {
  it('N13 has no fault, and a calendar', async () => {
    const { results, refused } = await examineAccount();
    expect(withStatus(results, 'fault', 'skipped')).toEqual([]);
    expect(results.get('account-calendars')?.facts['calendars']).toBeGreaterThan(0);
    expect(results.get('account-uploads')?.facts).toEqual({ chunking: '1.0' });
    expect(refused).toEqual([]);
  });

  it('tells a token that Nextcloud does not know, once', async () => {
    const login = { ...user.credential, secret: 'no-such-token-no-such-token' };
    const { results, refused } = await examineAccount({ login });
    expect(withStatus(results, 'fault')).toEqual(['account-credential']);
    expect(refused).toHaveLength(1);
  });

  it('sees that a user id is not its own', async () => {
    const other = await target.makeUser();
    const { results } = await examineAccount({ uid: other.uid });
    expect(withStatus(results, 'fault')).toEqual(['account-home']);
  });

  it('tells a disabled account', async () => {
    const disabled = await target.makeUser();
    await target.disable(disabled);
    const { results } = await examineAccount({ uid: disabled.uid, login: disabled.credential });
    expect(results.get('account-credential')?.cause).toBe('Your account is disabled in Nextcloud.');
  });
});

describe('a server in order', () => {
  it('N13 has no fault, and its service account by a real password is a warning', async () => {
    const { loginName, secret } = target.admin;
    const results = await examine(target.baseUrl, { settings: { serviceAccount: { loginName, secret } } });
    expect(withStatus(results, 'fault')).toEqual([]);
    expect(results.get('service-account')).toMatchObject({ status: 'warning', facts: { is_admin: true } });
  });

  isOnThisMachine('tells a host name that is not among trusted_domains', async () => {
    if (target.double) target.double.faults.isHostUntrusted = true;
    const settings = { url: target.baseUrl.replace(/127\.0\.0\.1|localhost/, 'untrusted.test') };
    const results = await examine(target.baseUrl, { settings, resolvesToThisMachine: true });
    target.double?.faults.reset();
    expect(withStatus(results, 'fault')).toEqual(['trusted-domains']);
    expect(results.get('trusted-domains')?.fix).toContain('--value=untrusted.test');
  });

  it('tells an ordinary user as a service account', async () => {
    const serviceAccount = { loginName: user.uid, secret: user.credential.secret };
    const results = await examine(target.baseUrl, { settings: { serviceAccount } });
    expect(results.get('service-account')?.cause).toContain('may not manage users');
  });

  it('is no OpenID provider without the app, and knows no strange client of OAuth 2.0', async () => {
    const client = { clientId: 'nobody', clientSecret: 'secret-of-nobody' };
    const oidc = await examine(target.baseUrl, { settings: { signOn: signOn('oidc', target.baseUrl, client) } });
    expect(oidc.get('sso-app')?.status).toBe('fault');
    const provider = signOn('nextcloud-oauth2', target.baseUrl, client);
    const oauth2 = await examine(target.baseUrl, { settings: { signOn: provider } });
    expect([oauth2.get('sso-app')?.status, oauth2.get('sso-client')?.status]).toEqual(['ok', 'fault']);
  });
});
