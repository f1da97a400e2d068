// The OCS API, on the double or on a real Nextcloud; odd answers come from a scripted server.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OutboundClient } from '../../../src/outbound/outbound.client.ts';
import { nextcloudPolicy } from '../../../src/nextcloud/dav/nextcloud.policy.ts';
import { OcsClient } from '../../../src/nextcloud/server/ocs.client.ts';
import { ProvisioningClient } from '../../../src/nextcloud/users/protocol/provisioning.client.ts';
import { basic, NextcloudTarget, type TargetUser } from '../../support/nextcloud-target.ts';
import { answerText, ScriptedServer } from '../../support/scripted-server.ts';

const GOOD_PASSWORD = 'Sehr-geheim-2026';
const admin = basic('admin', 'secret');
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('a Nextcloud', () => {
  let target: NextcloudTarget;
  let user: TargetUser;
  beforeAll(async () => {
    target = await NextcloudTarget.start();
    user = await target.makeUser();
  });
  afterAll(() => target.stop());

  it('tells whose credential it is, with Bearer and with Basic', async () => {
    const expected = { uid: user.uid, displayName: 'Tësty', email: null, groups: [] };
    expect(await target.ocs().self(user.credential)).toEqual(expected);
    expect(await target.ocs().self(basic(user.uid, user.password))).toEqual(expected);
  });

  it('gives the real user id for a login name in other letters', async () => {
    const self = await target.ocs().self(basic(user.uid.toUpperCase(), user.password));
    expect(self.uid).toBe(user.uid);
  });

  it('refuses a wrong credential', async () => {
    const wrong = { ...user.credential, secret: 'wrong-secret-0123456789' };
    await expect(target.ocs().self(wrong)).rejects.toEqual(code('account-link-invalid'));
  });

  it('tells version and throttle, without a credential too', async () => {
    for (const login of [null, user.credential]) {
      expect(await target.ocs().capabilities(login)).toMatchObject({
        version: expect.stringMatching(/^\d+\.\d+/),
        bruteforceDelayMs: expect.any(Number),
        isAllowListed: false,
      });
    }
  });

  it('is ready', async () => {
    expect(await target.ocs().status()).toEqual({ state: 'ready', version: expect.stringMatching(/^\d+\./) });
  });

  it('creates a user once, and says whether one exists', async () => {
    const created = await target.makeUser();
    const again = { userId: created.uid, password: GOOD_PASSWORD };
    expect(await target.provisioning().userExists(target.admin, created.uid)).toBe(true);
    expect(await target.provisioning().userExists(target.admin, 'nobody at all')).toBe(false);
    await expect(target.provisioning().createUser(target.admin, again)).rejects.toEqual(code('nextcloud-user-exists'));
    await expect(
      target.provisioning().createUser(target.admin, { ...again, userId: again.userId.toUpperCase() }),
    ).rejects.toEqual(code('nextcloud-user-exists'));
  });

  it('refuses a bad id, a missing group and, where it has a password policy, a weak password', async () => {
    const create = (more: object) =>
      target
        .provisioning()
        .createUser(target.admin, { userId: `t${crypto.randomUUID()}`, password: GOOD_PASSWORD, ...more });
    await expect(create({ userId: 'a/b<c>' })).rejects.toEqual(code('nextcloud-user-refused'));
    await expect(create({ groups: ['no such group'] })).rejects.toEqual(code('nextcloud-user-refused'));
    // The policy is an app of its own that a server may lack.
    const { passwordMinLength } = await target.ocs().capabilities(user.credential);
    if (target.double) expect(passwordMinLength).toBe(10);
    if (passwordMinLength === null) return;
    await expect(create({ password: 'password1' })).rejects.toEqual(code('nextcloud-password-refused'));
  });

  it('does not let a normal user create users', async () => {
    const call = target
      .provisioning()
      .createUser(basic(user.uid, user.password), { userId: 'x', password: GOOD_PASSWORD });
    await expect(call).rejects.toEqual(code('nextcloud-provisioning-refused'));
  });
});

interface Scripted {
  readonly provisioning: ProvisioningClient;
  readonly requests: string[];
}

async function withAnswers<T>(answers: string[], use: (ocs: OcsClient, more: Scripted) => Promise<T>): Promise<T> {
  const server = await ScriptedServer.start(({ socket, index }) =>
    socket.write(answers[index] ?? answers.at(-1) ?? ''),
  );
  const outbound = new OutboundClient({ operatorOrigins: [server.origin] });
  const policy = nextcloudPolicy(server.origin, { breakerThreshold: 1_000, maxReadRetries: 0 });
  try {
    const endpoint = { outbound, policy, baseUrl: `${server.origin}/` };
    const provisioning = new ProvisioningClient(endpoint);
    return await use(new OcsClient(endpoint), { provisioning, requests: server.requests });
  } finally {
    await outbound.close();
    await server.stop();
  }
}

const JSON_TYPE = { 'Content-Type': 'application/json; charset=utf-8' };
const envelope = (statuscode: unknown, data: unknown = [], status = 200) =>
  answerText(
    status,
    JSON.stringify({ ocs: { meta: { status: 'x', statuscode, message: 'Übersetzt' }, data } }),
    JSON_TYPE,
  );
const xml401 = answerText(401, '<ocs><meta><statuscode>997</statuscode></meta><data/></ocs>', {
  'Content-Type': 'text/xml; charset=UTF-8',
});

describe('an odd answer', () => {
  it.each([
    ['XML 401', xml401, 'account-link-invalid'],
    ['HTTP 200 with 997', envelope(997), 'account-link-invalid'],
    ['HTTP 200 with 429', envelope(429), 'upstream-throttled'],
    ['429', envelope(429, [], 429), 'upstream-throttled'],
    ['503 in maintenance', envelope(503, [], 503), 'upstream-unavailable'],
    ['HTTP 200 with 503', envelope(503), 'upstream-unavailable'],
    ['500 without a body', answerText(500, ''), 'upstream-unavailable'],
    [
      '412 without an envelope',
      answerText(412, '{"message":"CSRF check failed"}', JSON_TYPE),
      'upstream-protocol-error',
    ],
    ['an HTML login page', answerText(200, '<html></html>', { 'Content-Type': 'text/html' }), 'upstream-misconfigured'],
    ['an HTML 400', answerText(400, '<html></html>', { 'Content-Type': 'text/html' }), 'upstream-misconfigured'],
    ['a success without a user', envelope(200, []), 'upstream-protocol-error'],
    ['a status code that is no number', envelope('200', { id: 'a' }), 'upstream-protocol-error'],
    ['a user id that leaves its place', envelope(200, { id: '..' }), 'upstream-protocol-error'],
    ['a user id with a slash', envelope(200, { id: 'a/b' }), 'upstream-protocol-error'],
    ['broken JSON', answerText(200, '{"ocs":', JSON_TYPE), 'upstream-protocol-error'],
    ['another document', answerText(200, 'null', JSON_TYPE), 'upstream-protocol-error'],
    ['a redirect', answerText(302, '', { Location: 'http://evil.example/' }), 'upstream-misconfigured'],
    ['two megabytes', answerText(200, ' '.repeat(2_000_000), JSON_TYPE), 'upstream-protocol-error'],
  ])('to self: %s', async (_case, answer, expected) => {
    await withAnswers([answer], async (ocs) => {
      await expect(ocs.self({ ...admin, scheme: 'bearer' })).rejects.toEqual(code(expected));
    });
  });

  it('of version 1 (100 for success) is understood', async () => {
    await withAnswers([envelope(100, { id: 'jane', displayname: 'Jane', email: 'j@x' })], async (ocs) => {
      expect(await ocs.self(admin)).toEqual({ uid: 'jane', displayName: 'Jane', email: 'j@x', groups: null });
    });
  });

  it('every call carries the field against 412, and status.php no credential', async () => {
    await withAnswers(
      [envelope(200, { id: 'jane' }), answerText(200, '{"installed":true,"maintenance":false}')],
      async (ocs, { requests }) => {
        await ocs.self(admin);
        await ocs.status();
        expect(requests[0]).toMatch(/^GET \/ocs\/v2\.php\/cloud\/user\?format=json /);
        expect(requests[0]).toMatch(/^ocs-apirequest: true$/im);
        expect(requests[1]).not.toMatch(/authorization/i);
      },
    );
  });
});

describe('creating a user', () => {
  const jane = { userId: 'jane doe', password: GOOD_PASSWORD, groups: ['a', 'b'] };

  it('that fails on the way is looked for, and never sent twice', async () => {
    await withAnswers(
      [envelope(996, [], 500), envelope(200, { id: 'jane doe' })],
      async (_ocs, { provisioning, requests }) => {
        expect(await provisioning.createUser(admin, jane)).toBe('unconfirmed');
        expect(requests.map((text) => text.split(' ').slice(0, 2).join(' '))).toEqual([
          'POST /ocs/v2.php/cloud/users?format=json',
          'GET /ocs/v2.php/cloud/users/jane%20doe?format=json',
        ]);
      },
    );
    await withAnswers([envelope(996, [], 500), envelope(404, [], 404)], async (_ocs, { provisioning }) => {
      await expect(provisioning.createUser(admin, jane)).rejects.toEqual(code('upstream-unavailable'));
    });
  });

  it.each([
    [400, 102, 'nextcloud-user-exists'],
    [400, 104, 'nextcloud-user-refused'],
    [400, 105, 'nextcloud-provisioning-refused'],
    [400, 107, 'nextcloud-password-refused'],
    [400, 108, 'nextcloud-user-refused'],
    [403, 403, 'nextcloud-provisioning-refused'],
    [200, 107, 'nextcloud-password-refused'],
    [400, 999, 'upstream-protocol-error'],
  ])('answered HTTP %d with %d is %s', async (status, statusCode, expected) => {
    await withAnswers([envelope(statusCode, [], status)], async (_ocs, { provisioning }) => {
      await expect(provisioning.createUser(admin, jane)).rejects.toEqual(code(expected));
    });
  });

  it('that loses a race is told from a bad id', async () => {
    await withAnswers([envelope(101, [], 400), envelope(200, { id: 'jane doe' })], async (_ocs, { provisioning }) => {
      await expect(provisioning.createUser(admin, jane)).rejects.toEqual(code('nextcloud-user-exists'));
    });
  });
});

describe('status.php', () => {
  const status = (fields: object) =>
    answerText(
      200,
      JSON.stringify({
        installed: true,
        maintenance: false,
        needsDbUpgrade: false,
        versionstring: '29.0.1',
        ...fields,
      }),
    );

  it.each([
    [{}, 'ready'],
    [{ maintenance: true }, 'maintenance'],
    [{ needsDbUpgrade: true }, 'needs-upgrade'],
    [{ installed: false }, 'not-installed'],
  ])('with %j is %s', async (fields, state) => {
    await withAnswers([status(fields)], async (ocs) =>
      expect(await ocs.status()).toEqual({ state, version: '29.0.1' }),
    );
  });

  it.each([
    [400, '{"error": "Trusted domain error.", "code": 15}', 'upstream-misconfigured'],
    [200, '<html></html>', 'upstream-misconfigured'],
    [404, 'Not found', 'upstream-misconfigured'],
    [500, '', 'upstream-unavailable'],
  ])('answered %d %j fails', async (httpStatus, body, expected) => {
    await withAnswers([answerText(httpStatus, body)], async (ocs) => {
      await expect(ocs.status()).rejects.toEqual(code(expected));
    });
  });
});
