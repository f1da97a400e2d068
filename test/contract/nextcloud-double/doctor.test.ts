// What a doctor learns without a login, and a user's calendar home.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { describeOnDouble, NextcloudUnderTest } from './nextcloud-under-test.ts';
import { basic, bearer, send } from './raw-http.ts';

let server: NextcloudUnderTest;

beforeAll(async () => {
  server = await NextcloudUnderTest.start();
});
afterAll(async () => server.stop());

const propfind = (path: string, headers: Record<string, string> = {}) =>
  send(`${server.url}${path}`, { method: 'PROPFIND', headers: { depth: '0', ...headers } });

describe('without a login', () => {
  it('the capabilities tell version, throttle and a link, and keep the rest back', async () => {
    const answer = await server.ocs('/cloud/capabilities');
    const { data } = (JSON.parse(answer.text) as { ocs: { data: Record<string, Record<string, unknown>> } }).ocs;
    expect(data['version']).toMatchObject({ major: expect.any(Number), string: expect.any(String) });
    expect(data['capabilities']).toMatchObject({ bruteforce: { delay: expect.any(Number) } });
    expect(data['capabilities']).toMatchObject({ theming: { logo: expect.stringContaining(`${server.url}/`) } });
    expect(data['capabilities']).not.toHaveProperty('dav');
  });

  it('WebDAV says whether it saw a Bearer token', async () => {
    const none = await propfind('/remote.php/dav/');
    const wrong = await propfind('/remote.php/dav/', bearer('no-such-token'));
    expect([none.status, wrong.status]).toEqual([401, 401]);
    expect(none.text).toContain("No 'Authorization: Bearer' header found");
    expect(wrong.text).not.toContain("No 'Authorization: Bearer' header found");
    expect(wrong.text).toContain('Bearer token was incorrect');
  });

  it('an unknown route of OCS is 404 before anybody is asked who he is', async () => {
    const answer = await server.ocs('/apps/no_such_app/api/v1/things');
    expect(answer.status).toBe(404);
  });

  it('a client that is unknown to OAuth 2.0 gets a page with 200', async () => {
    const query = 'client_id=nobody&response_type=code&redirect_uri=http%3A%2F%2Flocalhost%2Fcallback&state=s';
    const answer = await send(`${server.url}/index.php/apps/oauth2/authorize?${query}`);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, expect.stringContaining('text/html')]);
  });
});

describe('the calendar home', () => {
  it('lists a calendar and collections that are none', async () => {
    const user = await server.createUser();
    const headers = { ...bearer(user.appPassword), depth: '1' };
    // The first login makes the calendar.
    const answer = await propfind(`/remote.php/dav/calendars/${user.uid}/`, headers);
    expect(answer.status).toBe(207);
    expect(answer.text).toMatch(/<d:resourcetype>(?:(?!<\/d:resourcetype>).)*<cal:calendar\/>/s);
    expect(answer.text).toContain(`/remote.php/dav/calendars/${user.uid}/inbox/`);
  });

  it('of somebody else is not found', async () => {
    const [user, other] = [await server.createUser(), await server.createUser()];
    const answer = await propfind(`/remote.php/dav/calendars/${other.uid}/`, bearer(user.appPassword));
    expect(answer.status).toBe(404);
  });
});

describeOnDouble('faults of the way (double only)', () => {
  afterEach(() => {
    server.double.faults.reset();
    server.double.oidcApp.remove();
  });

  it('a proxy that strips Authorization makes a good credential look like none', async () => {
    server.double.faults.stripsAuthorization = true;
    const answer = await propfind('/remote.php/dav/', basic(server.adminUser, server.adminPassword));
    expect(answer.text).toContain("No 'Authorization: Bearer' header found");
  });

  it('a proxy that blocks PROPFIND answers 405 and lets GET through', async () => {
    server.double.faults.blocksPropfind = true;
    expect((await propfind('/remote.php/dav/')).status).toBe(405);
    expect((await send(`${server.url}/remote.php/dav/`)).status).toBe(401);
  });

  it('the discovery document is there with an identity provider only, and follows the Host', async () => {
    const url = `${server.url}/.well-known/openid-configuration`;
    expect((await send(url)).status).toBe(404);
    server.double.oidcApp.install({ clientId: 'c', clientSecret: 's', redirectUri: 'http://localhost/callback' });
    const answer = await send(url, { headers: { host: 'cloud.example' } });
    expect(JSON.parse(answer.text)).toMatchObject({ issuer: 'http://cloud.example' });
  });

  it('the token endpoint looks at the code before it looks at the client', async () => {
    const body = 'grant_type=authorization_code&code=unknown&client_id=nobody&client_secret=wrong';
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await send(`${server.url}/index.php/apps/oauth2/api/v1/token`, { method: 'POST', headers, body });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([400, { error: 'invalid_request' }]);
  });
});
