// Getting, trying and giving back app passwords, on the double or on a real Nextcloud.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { OutboundClient } from '../../../src/outbound/outbound.client.ts';
import { revokeAppPassword, rotateAppPassword } from '../../../src/nextcloud/account/protocol/app-password.ts';
import { probeLogin } from '../../../src/nextcloud/account/protocol/credential-probe.ts';
import { LoginFlowClient } from '../../../src/nextcloud/server/login-flow.client.ts';
import { nextcloudPolicy } from '../../../src/nextcloud/dav/nextcloud.policy.ts';
import { OcsClient } from '../../../src/nextcloud/server/ocs.client.ts';
import type { NextcloudEndpoint } from '../../../src/nextcloud/server/ocs.transport.ts';
import { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { NextcloudTarget } from '../../support/nextcloud-target.ts';
import { answerText, ScriptedServer } from '../../support/scripted-server.ts';

const code = (expected: string) => expect.objectContaining({ code: expected });
const flowOf = (endpoint: NextcloudEndpoint, publicBaseUrl: string) =>
  new LoginFlowClient({ ...endpoint, publicBaseUrl, clientName: 'VoiceAssist' });

describe('on a Nextcloud', () => {
  let target: NextcloudTarget;
  let endpoint: NextcloudEndpoint;
  beforeAll(async () => {
    target = await NextcloudTarget.start();
    endpoint = { outbound: target.outbound, policy: target.policy(), baseUrl: target.baseUrl };
  });
  afterAll(() => target.stop());

  it('an app password is found to work as Bearer', async () => {
    const { uid, credential } = await target.makeUser();
    expect(await probeLogin(target.ocs(), uid, credential.secret)).toEqual({
      uid,
      displayName: 'Tësty',
      email: null,
      groups: [],
      scheme: 'bearer',
    });
  });

  it('a password outside ASCII is only tried as Basic', async () => {
    const { uid, password } = await target.makeUser();
    expect(await probeLogin(target.ocs(), uid, password)).toMatchObject({ uid, scheme: 'basic' });
  });

  it('an app password is exchanged, revoked by itself, and dead afterwards', async () => {
    const { credential } = await target.makeUser();
    const rotated = { ...credential, secret: await rotateAppPassword(endpoint, credential) };
    expect(rotated.secret).not.toBe(credential.secret);
    expect(await revokeAppPassword(endpoint, rotated)).toBe('revoked');
    await expect(target.ocs().self(rotated)).rejects.toEqual(code('account-link-invalid'));
    expect(await revokeAppPassword(endpoint, rotated)).toBe('already-dead');
  });

  it('a login flow starts with a URL for the browser and is not granted yet', async () => {
    const flow = flowOf(endpoint, 'https://cloud.example/nextcloud/');
    const started = await flow.start();
    expect(started.loginUrl).toMatch(/^https:\/\/cloud\.example\/nextcloud(\/index\.php)?\/login\/v2\/flow\/\w{16,}$/);
    expect(started.expiresInSeconds).toBe(1_200);
    expect(await flow.poll(started.pollToken)).toBeNull();
    expect(await flow.poll('unknown0unknown0')).toBeNull();
  });
});

describe('on the double', () => {
  let nextcloud: NextcloudDouble;
  let endpoint: NextcloudEndpoint;
  let ocs: OcsClient;
  beforeEach(async () => {
    nextcloud = await NextcloudDouble.start();
    nextcloud.addUser({ uid: 'jane', loginName: 'jane.doe@clinic.example', password: 'x', displayName: 'Jane' });
    const outbound = new OutboundClient({ operatorOrigins: [nextcloud.url] });
    endpoint = {
      outbound,
      policy: nextcloudPolicy(nextcloud.url, { breakerThreshold: 1_000 }),
      baseUrl: nextcloud.url,
    };
    ocs = new OcsClient(endpoint);
  });
  afterEach(async () => {
    await endpoint.outbound.close();
    await nextcloud.stop();
  });

  it('a granted flow gives login name and app password once; the user id comes from OCS', async () => {
    const flow = flowOf(endpoint, nextcloud.url);
    const started = await flow.start();
    nextcloud.grantLogin(started.loginUrl, 'jane');
    const granted = await flow.poll(started.pollToken);
    expect(granted).toEqual({ loginName: 'jane.doe@clinic.example', appPassword: expect.stringMatching(/^\w{72}$/) });
    expect(await flow.poll(started.pollToken)).toBeNull();
    const probed = await probeLogin(ocs, granted?.loginName ?? '', granted?.appPassword ?? '');
    expect(probed).toMatchObject({ uid: 'jane', scheme: 'bearer' });
    expect(nextcloud.requests[0]?.headers['user-agent']).toBe('VoiceAssist');
  });

  const schemes = () => nextcloud.requests.map(({ authorizationScheme }) => authorizationScheme);

  it('a wrong app password costs exactly one Basic attempt', async () => {
    await expect(probeLogin(ocs, 'jane', 'wrong-password')).rejects.toEqual(code('account-link-invalid'));
    expect(schemes()).toEqual(['bearer', 'basic']);
  });

  it('a server that knows no Bearer gets one Basic attempt, and Basic is the scheme', async () => {
    nextcloud.faults.isBearerUnsupported = true;
    const secret = nextcloud.createAppPassword('jane');
    expect(await probeLogin(ocs, 'jane.doe@clinic.example', secret)).toMatchObject({ uid: 'jane', scheme: 'basic' });
    expect(schemes()).toEqual(['bearer', 'basic']);
  });

  it('an outage is an outage: no Basic attempt, nothing repeated', async () => {
    nextcloud.faults.isInMaintenance = true;
    await expect(probeLogin(ocs, 'jane', 'any-password')).rejects.toEqual(code('upstream-unavailable'));
    nextcloud.faults.reset();
    nextcloud.faults.retryAfter503Seconds = 0;
    await expect(probeLogin(ocs, 'jane', 'any-password')).rejects.toEqual(code('upstream-unavailable'));
    expect(schemes()).toEqual(['bearer', 'bearer']);
  });

  it('a login page in the way of a flow is a wrong configuration, not "not granted yet"', async () => {
    nextcloud.faults.showsHtmlLogin = true;
    await expect(flowOf(endpoint, nextcloud.url).start()).rejects.toEqual(code('upstream-misconfigured'));
    await expect(flowOf(endpoint, nextcloud.url).poll('a'.repeat(32))).rejects.toEqual(code('upstream-misconfigured'));
  });
});

describe('a hostile start of a login flow is refused', () => {
  const flow = (login: unknown, token: unknown = 'a'.repeat(128)) =>
    JSON.stringify({ poll: { token, endpoint: 'http://evil.example/poll' }, login });

  it.each([
    ['a script URL', flow('javascript:alert(1)')],
    ['another path', flow('http://nc/apps/evil')],
    ['a path behind the right one', flow(`http://nc/login/v2/flow/${'a'.repeat(20)}/../../evil`)],
    ['no token', flow(`http://nc/login/v2/flow/${'a'.repeat(20)}`, null)],
    ['a token with a line break', flow(`http://nc/login/v2/flow/${'a'.repeat(20)}`, 'a\r\nb')],
    ['a list', '[]'],
  ])('%s', async (_case, body) => {
    const answer = answerText(200, body, { 'Content-Type': 'application/json' });
    const server = await ScriptedServer.start(({ socket }) => socket.write(answer));
    const outbound = new OutboundClient({ operatorOrigins: [server.origin] });
    const endpoint = { outbound, policy: nextcloudPolicy(server.origin), baseUrl: server.origin };
    try {
      await expect(flowOf(endpoint, 'https://cloud.example').start()).rejects.toEqual(code('upstream-protocol-error'));
    } finally {
      await outbound.close();
      await server.stop();
    }
  });

  it('but a foreign host in it does no harm: our own addresses are used', async () => {
    const answer = answerText(200, flow(`https://evil.example/sub/index.php/login/v2/flow/${'b'.repeat(40)}`), {
      'Content-Type': 'application/json',
    });
    const server = await ScriptedServer.start(({ socket }) => socket.write(answer));
    const outbound = new OutboundClient({ operatorOrigins: [server.origin] });
    const endpoint = { outbound, policy: nextcloudPolicy(server.origin), baseUrl: server.origin };
    const started = await flowOf(endpoint, 'https://cloud.example').start();
    await outbound.close();
    await server.stop();
    expect(started.loginUrl).toBe(`https://cloud.example/index.php/login/v2/flow/${'b'.repeat(40)}`);
  });
});
