// Login Flow v2: a browser grants, a poller fetches the app password exactly once.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeOnDouble, NextcloudUnderTest, ocsData } from './nextcloud-under-test.ts';
import type { TestUser } from './nextcloud-under-test.ts';
import { bearer, send } from './raw-http.ts';

interface StartedFlow {
  readonly poll: { readonly token: string; readonly endpoint: string };
  readonly login: string;
}

let nextcloud: NextcloudUnderTest;
let anna: TestUser;

beforeAll(async () => {
  nextcloud = await NextcloudUnderTest.start();
  anna = await nextcloud.createUser();
});

afterAll(async () => nextcloud.stop());

async function start(headers: Record<string, string> = {}): Promise<StartedFlow> {
  const url = `${nextcloud.url}/index.php/login/v2`;
  const answer = await send(url, { method: 'POST', headers: { 'User-Agent': 'Contract test', ...headers } });
  expect(answer.status).toBe(200);
  return JSON.parse(answer.text) as StartedFlow;
}

function poll(endpoint: string, token: string) {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  return send(endpoint, { method: 'POST', headers, body: `token=${encodeURIComponent(token)}` });
}

describe('Login Flow v2', () => {
  it('starts with two different 128-character tokens and URLs of the host that was asked', async () => {
    const flow = await start();
    expect(flow.poll.token).toMatch(/^[A-Za-z0-9]{128}$/);
    expect(flow.poll.endpoint).toBe(`${nextcloud.url}/login/v2/poll`);
    expect(flow.login).toMatch(/\/login\/v2\/flow\/[A-Za-z0-9]{128}$/);
    expect(flow.login).not.toContain(flow.poll.token);
  });

  it('builds its URLs from the Host of the request', async () => {
    const host = new URL(nextcloud.url).host.replace('127.0.0.1', 'localhost');
    const flow = await start({ Host: host });
    expect(flow.poll.endpoint).toBe(`http://${host}/login/v2/poll`);
    expect(flow.login.startsWith(`http://${host}/`)).toBe(true);
  });

  it('answers 404 with an empty array before the grant and for unknown tokens', async () => {
    const flow = await start();
    for (const token of [flow.poll.token, 'x'.repeat(128), '']) {
      const answer = await poll(flow.poll.endpoint, token);
      expect([answer.status, answer.text]).toEqual([404, '[]']);
    }
  });

  it('hands the app password out once, and it works as the user', async () => {
    const flow = await start();
    await nextcloud.grantLogin(flow.login, anna);
    const granted = await poll(flow.poll.endpoint, flow.poll.token);
    expect(granted.status).toBe(200);
    const credential = JSON.parse(granted.text) as { server: string; loginName: string; appPassword: string };
    expect(credential).toEqual({
      server: nextcloud.url,
      loginName: anna.uid,
      appPassword: expect.stringMatching(/^\w{72}$/),
    });
    expect((await poll(flow.poll.endpoint, flow.poll.token)).status).toBe(404);
    const self = await nextcloud.ocs('/cloud/user', { headers: bearer(credential.appPassword) });
    expect(ocsData(self)['id']).toBe(anna.uid);
  });
});

describeOnDouble('Login Flow v2 with a hand on clock and users (double only)', () => {
  it('answers 404 for ever once twenty minutes have passed', async () => {
    const flow = await start();
    await nextcloud.grantLogin(flow.login, anna);
    nextcloud.double.clock.advance(20 * 60_000 + 1000);
    expect((await poll(flow.poll.endpoint, flow.poll.token)).status).toBe(404);
    nextcloud.double.clock.release();
  });

  it('names a login that is not the user id for directory users', async () => {
    nextcloud.double.addUser({ uid: 'a1b2c3', loginName: 'dora', password: 'Dora-password-1' });
    const flow = await start();
    nextcloud.double.grantLogin(flow.login, 'a1b2c3');
    const { loginName, appPassword } = JSON.parse((await poll(flow.poll.endpoint, flow.poll.token)).text) as {
      loginName: string;
      appPassword: string;
    };
    expect(loginName).toBe('dora');
    expect(ocsData(await nextcloud.ocs('/cloud/user', { headers: bearer(appPassword) }))['id']).toBe('a1b2c3');
  });
});
