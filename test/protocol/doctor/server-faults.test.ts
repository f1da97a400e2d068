// Every fault of a server that the doctor knows, injected into the double (seed rows N13, Q3, X-nc2; traps of the wire).
import { createHash, createPublicKey } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Faults } from '../../nextcloud-double/faults.ts';
import { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { ScriptedServer } from '../../support/scripted-server.ts';
import { examine, withStatus } from './doctor-stage.ts';

let double: NextcloudDouble;

beforeAll(async () => {
  double = await NextcloudDouble.start();
});
afterEach(() => {
  double.faults.reset();
  double.clearBruteForceAttempts();
  double.clearRequests();
});
afterAll(async () => double.stop());

const wrongPassword = () =>
  fetch(`${double.url}/ocs/v2.php/cloud/user`, {
    headers: { authorization: `Basic ${Buffer.from('admin:wrong').toString('base64')}`, 'ocs-apirequest': 'true' },
  });

describe('a Nextcloud without a fault', () => {
  it('N13: has no fault, and X-nc2: no credential is sent to learn that', async () => {
    const results = await examine(double.url);
    expect(withStatus(results, 'fault')).toEqual([]);
    expect(results.get('status-page')?.status).toBe('ok');
    expect(results.get('dav-path')?.status).toBe('ok');
    expect(results.get('ocs')?.status).toBe('ok');
    expect(double.requests.filter(({ authorizationScheme }) => authorizationScheme === 'basic')).toEqual([]);
    expect(double.requests.filter(({ authenticatedUid }) => authenticatedUid !== null)).toEqual([]);
  });

  it('is asked little: at most twelve requests', async () => {
    await examine(double.url);
    expect(double.requests.length).toBeLessThanOrEqual(12);
  });
});

describe('the configuration', () => {
  it('says that no Nextcloud is configured, and skips the rest', async () => {
    const results = await examine(double.url, { settings: { url: undefined } });
    expect(withStatus(results, 'fault', 'warning', 'ok')).toEqual([]);
    expect(results.get('configured')?.fix).toContain('NEXTCLOUD_URL');
  });

  it.each([
    ['/remote.php/dav', ''],
    ['/cloud/remote.php/webdav', '/cloud'],
    ['/index.php', ''],
    ['/dav', ''],
  ])('N13 names the base address when NEXTCLOUD_URL ends in %s', async (path, kept) => {
    const result = (await examine(double.url, { settings: { url: double.url + path } })).get('base-url');
    expect([result?.status, result?.fix]).toEqual(['fault', `Set NEXTCLOUD_URL=${double.url}${kept}`]);
  });
});

describe('the connection', () => {
  it('tells a name without an address', async () => {
    const results = await examine(double.url, { settings: { url: 'http://nextcloud.invalid' } });
    expect(withStatus(results, 'fault')).toEqual(['dns']);
    expect(results.get('dns')?.fix).toContain('nextcloud.invalid');
  });

  it('tells a port where nobody listens, and skips what needs an answer', async () => {
    const server = await ScriptedServer.start(() => undefined);
    const url = server.origin;
    await server.stop();
    const results = await examine(url);
    expect(withStatus(results, 'fault')).toEqual(['connection']);
    expect(results.get('ocs')).toMatchObject({
      status: 'skipped',
      cause: 'Not looked at: needs "Nextcloud is not in maintenance".',
    });
  });

  it('tells a server that never answers, and ends all the same', async () => {
    double.faults.hangs = true;
    const results = await examine(double.url);
    expect(withStatus(results, 'fault', 'warning')).toEqual(['connection']);
  });

  it('tells a service that speaks no HTTP', async () => {
    const server = await ScriptedServer.start(({ socket }) => socket.end('220 mail ESMTP\r\n'));
    const results = await examine(server.origin);
    expect(withStatus(results, 'fault')).toEqual(['connection']);
    await server.stop();
  });
});

describe('TLS', () => {
  const day = 86_400_000;
  const authority = makeCertificate({ commonName: 'Clinic CA', isAuthority: true });
  const issuer = { ...authority, commonName: 'Clinic CA' };

  it.each([
    ['an own authority', {}, undefined, 'OUTBOUND_CA_FILE'],
    ['an expired certificate', { notAfter: new Date(Date.now() - day / 2) }, authority.certificatePem, 'Renew'],
    ['a certificate of tomorrow', { notBefore: new Date(Date.now() + day / 2) }, authority.certificatePem, 'clock'],
    ['another name', { names: ['other.example'] }, authority.certificatePem, 'name that the certificate holds'],
  ])('tells %s', async (_, spec, caCertificatesPem, words) => {
    const { certificatePem, keyPem } = makeCertificate({ ...spec, issuer });
    const server = await ScriptedServer.start(() => undefined, { cert: certificatePem, key: keyPem });
    const results = await examine(server.origin, caCertificatesPem === undefined ? {} : { caCertificatesPem });
    expect(withStatus(results, 'fault')).toEqual(['tls']);
    expect(results.get('tls')?.fix).toContain(words);
    await server.stop();
  });

  it('N11 tells a valid certificate whose key is not the pinned one, and shows its pin', async () => {
    const { certificatePem, keyPem } = makeCertificate({ issuer });
    const server = await ScriptedServer.start(() => undefined, { cert: certificatePem, key: keyPem });
    const pins = [`127.0.0.1:${server.port}=sha256/${Buffer.alloc(32, 7).toString('base64')}`];
    const results = await examine(server.origin, { caCertificatesPem: authority.certificatePem, pins });
    expect(withStatus(results, 'fault')).toEqual(['tls']);
    expect(results.get('tls')).toMatchObject({
      fix: expect.stringContaining('OUTBOUND_PINS'),
      facts: { reason: 'pin-mismatch', seen_pin: expect.stringMatching(/^sha256\//) },
    });
    await server.stop();
  });

  it('N11 shows the pin of a good certificate on request', async () => {
    const { certificatePem, keyPem } = makeCertificate({ issuer });
    const notFound = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n';
    const server = await ScriptedServer.start(({ socket }) => socket.write(notFound), {
      cert: certificatePem,
      key: keyPem,
    });
    const trust = { caCertificatesPem: authority.certificatePem };
    expect((await examine(server.origin, trust)).get('tls')?.facts).toEqual({ protocol: 'https' });
    const deep = await examine(server.origin, { ...trust, depth: { isDeep: true } });
    const pin = createHash('sha256').update(createPublicKey(certificatePem).export({ type: 'spki', format: 'der' }));
    expect(deep.get('tls')?.facts['pin']).toBe(`sha256/${pin.digest('base64')}`);
    await server.stop();
  });

  it('tells a port that speaks no TLS', async () => {
    const results = await examine(double.url.replace('http:', 'https:'));
    expect(withStatus(results, 'fault')).toEqual(['tls']);
    expect(results.get('tls')?.fix).toContain('port');
  });

  it.each([
    [false, 'warning'],
    [true, 'ok'],
  ])('N10: plain http to another host with NEXTCLOUD_ALLOW_HTTP=%s is %s', async (allowsHttp, status) => {
    const settings = { url: double.url.replace('127.0.0.1', 'nextcloud.test'), allowsHttp };
    const results = await examine(double.url, { settings, resolvesToThisMachine: true });
    expect(results.get('tls')).toMatchObject({ status, facts: { protocol: 'http' } });
  });
});

describe('what the first answer tells', () => {
  it('N13 names the command that adds the host to trusted_domains', async () => {
    double.faults.isHostUntrusted = true;
    const results = await examine(double.url);
    expect(withStatus(results, 'fault')).toEqual(['trusted-domains']);
    expect(results.get('trusted-domains')?.fix).toContain('trusted_domains 2 --value=127.0.0.1');
  });

  it.each<[string, Partial<Faults>, string, RegExp]>([
    ['a login page with 200', { showsHtmlLogin: true }, 'status-page', /proxy/],
    ['a database that is down', { isDatabaseDown: true }, 'status-page', /database/],
    ['503 with Retry-After', { retryAfter503Seconds: 30 }, 'status-page', /503/],
    ['a Nextcloud that is not installed', { isNotInstalled: true }, 'installed', /occ maintenance:install/],
    ['X-nc2: maintenance although HTTP says 200', { isInMaintenance: true }, 'maintenance', /maintenance:mode --off/],
    ['X-nc2: a pending upgrade although HTTP says 200', { needsDbUpgrade: true }, 'database-upgrade', /occ upgrade/],
  ])('tells %s', async (_, faults, id, fix) => {
    Object.assign(double.faults, faults);
    const results = await examine(double.url);
    expect(withStatus(results, 'fault')).toEqual([id]);
    expect(results.get(id)?.fix).toMatch(fix);
    expect(results.get('dav-path')?.status).toBe('skipped');
  });

  it('tells a path where no Nextcloud is', async () => {
    const results = await examine(`${double.url}/somewhere`);
    expect(withStatus(results, 'fault')).toEqual(['status-page']);
    expect(results.get('status-page')?.cause).toBe('There is no Nextcloud at this address.');
  });

  it.each([
    [45, 'warning'],
    [-45, 'warning'],
    [900, 'fault'],
    [-900, 'fault'],
  ])('tells a clock that is %i s off as a %s, and goes on', async (seconds, status) => {
    double.faults.serverTimeSkewSeconds = seconds;
    const results = await examine(double.url);
    expect(withStatus(results, 'fault', 'warning').filter((id) => id !== 'activity-app')).toEqual(['clock']);
    expect(results.get('clock')?.status).toBe(status);
    expect(Math.abs(Number(results.get('clock')?.facts['skew_seconds']) - seconds)).toBeLessThan(20);
  });

  it.each([
    ['26.0.13', 'warning'],
    ['27.1.10', 'ok'],
    ['32.0.1', 'ok'],
    ['33.0.0', 'warning'],
  ])('finds version %s to be %s', async (version, status) => {
    double.faults.version = version;
    expect((await examine(double.url)).get('version')).toMatchObject({ status, facts: { version } });
  });
});

describe('redirects', () => {
  it.each([
    ['to https on the same host', (url: string) => url.replace('http:', 'https:'), /^Set NEXTCLOUD_URL=https:/],
    ['into a folder', (url: string) => `${url}/nextcloud`, /^Set NEXTCLOUD_URL=http:.*\/nextcloud$/],
    ['to another host', () => 'http://cloud.clinic.example', /overwritehost/],
    ['to a login portal', () => 'http://sso.clinic.example/login?back=', /without a login of its own/],
  ])('tells one %s and follows none', async (_, target, fix) => {
    double.faults.redirectTo = target(double.url);
    const results = await examine(double.url);
    expect(withStatus(results, 'fault')).toEqual(['redirect']);
    expect(results.get('redirect')?.fix).toMatch(fix);
    expect(double.requests).toHaveLength(1);
  });

  it('tells overwriteprotocol where https is sent to http', async () => {
    const authority = makeCertificate({ commonName: 'Clinic CA', isAuthority: true });
    const { certificatePem, keyPem } = makeCertificate({ issuer: { ...authority, commonName: 'Clinic CA' } });
    const server: ScriptedServer = await ScriptedServer.start(
      ({ socket }) => {
        const location = server.origin.replace('https:', 'http:');
        socket.end(`HTTP/1.1 301 Moved\r\nLocation: ${location}/status.php\r\nContent-Length: 0\r\n\r\n`);
      },
      { cert: certificatePem, key: keyPem },
    );
    const results = await examine(server.origin, { caCertificatesPem: authority.certificatePem });
    expect(withStatus(results, 'fault')).toEqual(['redirect']);
    expect(results.get('redirect')?.fix).toContain('overwriteprotocol --value=https');
    await server.stop();
  });
});

describe('WebDAV', () => {
  it('N13 tells a proxy that blocks PROPFIND from a wrong path', async () => {
    double.faults.blocksPropfind = true;
    const results = await examine(double.url);
    expect(withStatus(results, 'fault')).toEqual(['dav-path']);
    expect(results.get('dav-path')).toMatchObject({
      cause: 'A proxy or firewall does not let the method PROPFIND through.',
      facts: { status: 405 },
    });
  });

  it('N13 tells "Method not allowed" on a path that is not WebDAV', async () => {
    const path = '/remote.php/dav';
    double.faults.scripted.push({ path, status: 405, times: 9 });
    const result = (await examine(double.url)).get('dav-path');
    expect([result?.status, result?.fix]).toEqual([
      'fault',
      expect.stringContaining('/remote.php/dav, not /webdav or /dav'),
    ]);
  });

  it.each([
    [404, 'text/html', /no WebDAV at the path/],
    [200, 'text/html', /web page/],
    [502, 'text/html', /WebDAV fails/],
    [401, 'text/html', /web page/],
  ])('tells %i %s in place of the challenge', async (status, type, cause) => {
    const headers = { 'Content-Type': type };
    double.faults.scripted.push({ path: '/remote.php/dav', status, headers, body: '<html>', times: 9 });
    const results = await examine(double.url);
    expect(withStatus(results, 'fault')).toEqual(['dav-path']);
    expect(results.get('dav-path')?.cause).toMatch(cause);
  });

  it('tells a proxy that takes the Authorization header out, without a login', async () => {
    double.faults.stripsAuthorization = true;
    const results = await examine(double.url);
    expect(withStatus(results, 'fault')).toEqual(['authorization-header']);
    expect(results.get('authorization-header')?.fix).toContain('CGIPassAuth On');
  });

  it('warns when /.well-known/caldav leads nowhere', async () => {
    double.faults.scripted.push({ path: '/.well-known/caldav', status: 404 });
    expect((await examine(double.url)).get('well-known')?.status).toBe('warning');
  });
});

describe('the OCS API', () => {
  it('tells an API that a proxy keeps back', async () => {
    const headers = { 'Content-Type': 'text/html' };
    double.faults.scripted.push({ path: '/ocs/', status: 200, headers, body: '<html>', times: 99 });
    expect(withStatus(await examine(double.url), 'fault')).toEqual(['ocs']);
  });

  it.each([
    [1, 'warning'],
    [7, 'fault'],
  ])('tells the throttle after %i wrong passwords as a %s', async (attempts, status) => {
    for (let time = 0; time < attempts; time += 1) await wrongPassword();
    const result = (await examine(double.url)).get('throttle');
    expect(result?.status).toBe(status);
    expect(result?.facts['delay_ms']).toBe(100 * 2 ** attempts);
    expect(result?.fix).toContain('occ security:bruteforce:reset');
  });

  it.each([
    [
      'http where browsers come by https',
      'http://cloud.example',
      'https://cloud.example',
      'warning',
      /overwriteprotocol/,
    ],
    ['an address that is neither', 'http://old.example', 'https://cloud.example', 'warning', /overwritehost/],
    ['its public address', 'https://cloud.example', 'https://cloud.example', 'ok', null],
    ['the address it is called by', null, 'https://cloud.example', 'ok', null],
  ])('judges links that are built with %s', async (_, linkOrigin, browserUrl, status, fix) => {
    double.faults.linkOrigin = linkOrigin;
    const result = (await examine(double.url, { settings: { browserUrl } })).get('public-url');
    expect(result?.status).toBe(status);
    if (fix !== null) expect(result?.fix).toMatch(fix);
  });

  it.each([
    ['a host that does not exist', 'https://no-such-host.invalid', 'fault', /does not exist/],
    ['a port where nothing answers', 'http://127.0.0.1:1', 'warning', /cannot reach/],
  ])('F22 judges a public address of %s', async (_, browserUrl, status, cause) => {
    const result = (await examine(double.url, { settings: { browserUrl }, knowsNoName: true })).get('public-name');
    expect([result?.status, result?.cause]).toEqual([status, expect.stringMatching(cause)]);
  });

  it.each([
    ['activity-app', '/apps/activity/', '27.1.10', 'warning'],
    ['webhook-app', '/apps/webhook_listeners/', '30.0.0', 'skipped'],
  ])('sees whether %s is there', async (id, path, version, absent) => {
    double.faults.version = version;
    double.faults.scripted.push({ path, status: 404 });
    expect((await examine(double.url)).get(id)?.status).toBe(absent);
    double.faults.scripted.push({ path, status: 401 });
    expect((await examine(double.url)).get(id)?.status).toBe('ok');
  });

  it('does not ask an old Nextcloud for webhooks', async () => {
    const result = (await examine(double.url)).get('webhook-app');
    expect(result).toMatchObject({ status: 'skipped', cause: expect.stringContaining('from version 30 on') });
    expect(double.requests.filter(({ path }) => path.includes('webhook'))).toEqual([]);
  });

  it('tells that requests are refused as too many', async () => {
    double.faults.tooManyRequests('/.well-known/caldav', 1);
    expect((await examine(double.url)).get('rate-limit')).toMatchObject({ status: 'warning', facts: { refused: 1 } });
  });
});

describe('the service account', () => {
  const account = (loginName: string, secret: string) => ({ settings: { serviceAccount: { loginName, secret } } });
  const basics = () => double.requests.filter(({ authorizationScheme }) => authorizationScheme === 'basic').length;

  it('recognises an app password of an administrator without any login by password', async () => {
    const secret = double.createAppPassword('admin');
    const result = (await examine(double.url, account('admin', secret))).get('service-account');
    expect(result).toMatchObject({ status: 'ok', facts: { is_admin: true, credential: 'bearer' } });
    expect(basics()).toBe(0);
  });

  it('warns of a real password', async () => {
    const result = (await examine(double.url, account('admin', 'admin-password'))).get('service-account');
    expect(result).toMatchObject({ status: 'warning', facts: { credential: 'basic' } });
  });

  it('tells an account that may not manage users', async () => {
    double.addUser({ uid: 'plain', password: 'Plain-password-1' });
    const secret = double.createAppPassword('plain');
    expect((await examine(double.url, account('plain', secret))).get('service-account')?.status).toBe('fault');
    double.deleteUser('plain');
  });

  it('tries a wrong password once, however often the same process is asked', async () => {
    const results = await examine(double.url, { ...account('admin', 'Wrong-wrong-3'), times: 4 });
    expect(results.get('service-account')?.status).toBe('fault');
    expect(basics()).toBe(1);
  });

  it('F22 tells a wrong password that is refused only after 6 s', async () => {
    double.faults.held = { path: '/cloud/user', until: new Promise((resolve) => setTimeout(resolve, 6_000)) };
    const result = (await examine(double.url, account('admin', 'Wrong-wrong-4'))).get('service-account');
    double.faults.reset();
    expect(result).toMatchObject({ status: 'fault', cause: 'Nextcloud refuses the service account.' });
  });

  it('tries no password while Nextcloud slows this server down', async () => {
    await wrongPassword();
    double.clearRequests();
    const result = (await examine(double.url, account('admin', 'admin-password'))).get('service-account');
    expect(result?.status).toBe('skipped');
    expect(basics()).toBe(0);
  });

  it('is not looked at for ordinary users', async () => {
    const depth = { isForAdministrator: false };
    const result = (await examine(double.url, { ...account('admin', 'admin-password'), depth })).get('service-account');
    expect(result?.status).toBe('skipped');
    expect(double.requests.filter(({ authorizationScheme }) => authorizationScheme === 'basic')).toEqual([]);
  });
});
