// Login with Nextcloud as the doctor sees it: OAuth 2.0, OIDC and user_oidc are three things (seed rows N13, Q3).
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { examine, signOn, withStatus, type Examination } from './doctor-stage.ts';

const REDIRECT_URI = 'http://localhost:8000/auth/callback';
const CLIENT = { clientId: 'voiceassist-client', clientSecret: 'a-secret-of-the-client', redirectUri: REDIRECT_URI };

let double: NextcloudDouble;

beforeAll(async () => {
  double = await NextcloudDouble.start();
});
afterEach(() => {
  double.faults.reset();
  double.oidcApp.remove();
});
afterAll(async () => double.stop());

const look = (provider: ReturnType<typeof signOn>, more: Examination = {}) =>
  examine(double.url, { ...more, settings: { signOn: provider, ...more.settings } });
const oidc = (client: Partial<typeof CLIENT> = {}, issuer = double.url) =>
  signOn('oidc', issuer, { ...CLIENT, ...client });
const oauth2 = (client: Partial<typeof CLIENT> = {}) =>
  signOn('nextcloud-oauth2', double.url, { ...CLIENT, ...client });

describe('NEXTCLOUD_SSO=oidc', () => {
  it('finds nothing wrong with the app, its issuer and a client', async () => {
    double.oidcApp.install(CLIENT);
    const results = await look(oidc());
    expect(withStatus(results, 'fault')).toEqual([]);
    expect(
      [...['sso-app', 'sso-issuer', 'sso-redirect-uri', 'sso-client']].map((id) => results.get(id)?.status),
    ).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  it('N13 explains that a Nextcloud without the app is no provider, and that user_oidc does not make it one', async () => {
    const results = await look(oidc());
    expect(withStatus(results, 'fault')).toEqual(['sso-app']);
    expect(results.get('sso-app')?.fix).toContain('occ app:install oidc');
    expect(results.get('sso-app')?.fix).toContain('NEXTCLOUD_SSO=oauth2');
    expect(results.get('sso-app')?.fix).toContain('"OpenID Connect user backend" (user_oidc)');
  });

  it('does not offer OAuth 2.0 where that is off too', async () => {
    double.faults.isOAuth2AppOff = true;
    expect((await look(oidc())).get('sso-app')?.fix).not.toContain('NEXTCLOUD_SSO=oauth2');
  });

  it('N13 recognises "Token validation failed": the issuer follows the host name', async () => {
    double.oidcApp.install(CLIENT);
    double.faults.linkOrigin = 'https://cloud.clinic.example';
    const results = await look(oidc());
    expect(withStatus(results, 'fault')).toEqual(['sso-issuer']);
    expect(results.get('sso-issuer')).toMatchObject({
      cause: expect.stringContaining('Token validation failed'),
      facts: { named: 'https://cloud.clinic.example', expected: double.url },
    });
  });

  it('tells an issuer that cannot be reached from here', async () => {
    const results = await look(oidc({}, 'http://cloud.invalid'));
    expect(withStatus(results, 'fault')).toEqual(['sso-app']);
    expect(results.get('sso-app')?.cause).toContain('cannot be reached');
  });

  it.each([
    ['client id', { clientId: 'another' }],
    ['redirect URI', { redirectUri: 'http://localhost:8000/api/auth/oidc/nextcloud/callback' }],
  ])('N13 tells an unknown %s where the app says so before the login', async (_, client) => {
    double.oidcApp.install({ ...CLIENT, checksBeforeLogin: true });
    const results = await look(oidc(client));
    expect(withStatus(results, 'fault')).toEqual(['sso-client']);
    expect(results.get('sso-client')?.fix).toContain('must be exactly');
  });

  it.each([
    ['a space', { clientSecret: 'a-secret ' }],
    ['quotation marks', { clientId: '"voiceassist-client"' }],
    ['brackets', { clientSecret: '<production_client_secret>' }],
  ])('N13 sees %s around the credentials of the client', async (_, client) => {
    double.oidcApp.install(CLIENT);
    expect(withStatus(await look(oidc(client)), 'fault')).toEqual(['sso-client']);
  });
});

describe('NEXTCLOUD_SSO=oauth2', () => {
  it('finds nothing wrong with a registered client', async () => {
    const client = double.registerOAuth2Client(REDIRECT_URI);
    const results = await look(oauth2(client));
    expect(withStatus(results, 'fault')).toEqual([]);
    expect(results.get('sso-client')?.status).toBe('ok');
  });

  it('tells an unknown client id', async () => {
    expect(withStatus(await look(oauth2()), 'fault')).toEqual(['sso-client']);
  });

  it('tells that the app is off', async () => {
    double.faults.isOAuth2AppOff = true;
    const results = await look(oauth2());
    expect(withStatus(results, 'fault')).toEqual(['sso-app']);
    expect(results.get('sso-app')?.fix).toBe('occ app:enable oauth2');
  });
});

describe('the redirect URI', () => {
  it.each(['https://localhost:5173/auth/elsewhere', 'http://localhost:8000/callback', 'http://localhost:8000/'])(
    'N13 refuses %s, which no route of this server is',
    async (redirectUri) => {
      const client = double.registerOAuth2Client(redirectUri);
      const results = await look(oauth2({ ...client, redirectUri }));
      expect(withStatus(results, 'fault')).toEqual(['sso-redirect-uri']);
    },
  );

  it('warns when it lies on another address than the public one', async () => {
    const redirectUri = 'https://localhost:5173/auth/callback';
    const client = double.registerOAuth2Client(redirectUri);
    expect((await look(oauth2({ ...client, redirectUri }))).get('sso-redirect-uri')?.status).toBe('warning');
  });
});

describe('the client secret', () => {
  const tokenRequests = () => double.requests.filter(({ method }) => method === 'POST');

  it('is not tried unless asked for', async () => {
    double.oidcApp.install({ ...CLIENT, hasIntrospection: true });
    double.clearRequests();
    expect((await look(oidc())).get('sso-secret')?.status).toBe('skipped');
    expect(tokenRequests()).toEqual([]);
  });

  it.each([
    ['a-secret-of-the-client', 'ok'],
    ['a-secret-with-a-typo', 'fault'],
  ])('N13 recognises "Client authentication failed" by introspection: %s is %s', async (clientSecret, status) => {
    double.oidcApp.install({ ...CLIENT, hasIntrospection: true });
    double.clearRequests();
    const results = await look(oidc({ clientSecret }), { depth: { isDeep: true } });
    expect(results.get('sso-secret')?.status).toBe(status);
    expect(tokenRequests()).toHaveLength(1);
  });

  it.each(['oidc', 'nextcloud-oauth2'] as const)(
    'says that %s does not tell, because the code is looked at first',
    async (kind) => {
      double.oidcApp.install(CLIENT);
      const client = double.registerOAuth2Client(REDIRECT_URI);
      const provider = kind === 'oidc' ? oidc() : oauth2({ ...client, clientSecret: 'a-typo' });
      const result = (await look(provider, { depth: { isDeep: true } })).get('sso-secret');
      expect(result).toMatchObject({ status: 'skipped', fix: expect.stringContaining('Try a login') });
    },
  );
});

describe('logins that failed lately', () => {
  it.each([
    ['token-endpoint', 'Client authentication failed'],
    ['id-token', 'Token validation failed'],
    ['discovery', 'Token validation failed'],
  ])('N13 explains %s', async (reason, words) => {
    double.oidcApp.install(CLIENT);
    const result = (await look(oidc(), { failures: [{ reason, count: 3 }] })).get('sso-recent');
    expect(result).toMatchObject({ status: 'warning', cause: expect.stringContaining(words), facts: { count: 3 } });
  });

  it('finds nothing in what users did', async () => {
    double.oidcApp.install(CLIENT);
    const failures = [{ reason: 'state-unknown', count: 9 }];
    expect((await look(oidc(), { failures })).get('sso-recent')?.status).toBe('ok');
  });
});
