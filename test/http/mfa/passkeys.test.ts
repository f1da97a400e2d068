// Passkeys: registration, login without a password, second step, step-up (bars A15, S29), from a scripted authenticator.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, createUser, login, type Problem, type TestUser, type Tokens } from '../../support/api.ts';
import { addPasskey, askFor, createPasskeyUser, loginWithPasskey, type PasskeyUser } from '../../support/passkey.ts';
import { firstStep, letProofsAge } from '../../support/second-factor.ts';
import {
  SoftAuthenticator,
  cbor,
  type CeremonyOptions,
  type Deviation,
  type PasskeyJson,
} from '../../support/soft-authenticator.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ env: { RATE_LIMIT_SECOND_FACTOR_FAILURES_PER_ACCOUNT: '1000' } });
});
afterAll(() => app.close());

const me = (tokens: { access_token: string }) => call(app, 'GET /api/auth/me', { token: tokens.access_token });

/** Number of rows of the trail about a user. */
async function trailed(user: TestUser, action: string, outcome: string): Promise<number> {
  const [row] = await app.database.read((em) =>
    em.execute<{ rows: string }[]>(
      'select count(*) as rows from audit_events where actor_id = ? and action = ? and outcome = ?',
      [user.id, action, outcome],
    ),
  );
  return Number(row?.rows);
}

/** Everything that is wrong with an answer in one way, whatever it is an answer to. */
const DEVIATIONS: readonly [string, Deviation][] = [
  ['another origin', { origin: 'https://phishing.example' }],
  ['an origin that only begins like ours', { origin: 'http://localhost:3000.phishing.example' }],
  ['the key of another domain', { rpId: 'phishing.example' }],
  ['another challenge', { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
  ['no user present', { isUserPresent: false }],
];

describe('registering a passkey', () => {
  let tester: TestUser;

  beforeAll(async () => {
    tester = await createUser(app);
  });

  it('A15: asks for a key of the right domain and of this user, and stores what the authenticator made', async () => {
    const user = await createUser(app);
    const { options } = await askFor(app, 'POST /api/auth/passkeys/registration-options', { token: user.access_token });
    expect(options).toMatchObject({
      rp: { id: 'localhost', name: 'VoiceAssist' },
      user: { name: user.email, id: Buffer.from(user.id.replaceAll('-', ''), 'hex').toString('base64url') },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    const elsewhere = await login(app, user);
    const authenticator = new SoftAuthenticator();
    const { status, body } = await addPasskey(app, user, authenticator);
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'Laptop', last_used_at: null, is_backed_up: false });
    expect(body.recovery_codes).toHaveLength(10);
    expect((await me(elsewhere)).status).toBe(401);
    expect((await me(user)).status).toBe(200);
    expect(await login(app, user)).toMatchObject({ mfa_required: true, mfa_methods: ['recovery_code', 'passkey'] });
    expect(await trailed(user, 'passkey.add', 'success')).toBe(1);
    const again = await askFor(app, 'POST /api/auth/passkeys/registration-options', { token: user.access_token });
    expect(again.options).toMatchObject({ excludeCredentials: [{ id: authenticator.credentialId }] });
  });

  it.each<[string, Deviation]>([
    ...DEVIATIONS,
    ['the type of a login', { type: 'webauthn.get' }],
    ['a user who was not verified', { isUserVerified: false }],
    ['a statement under the name of none', { attestation: { format: 'none', statement: new Map([['a', 1]]) } }],
    ['an unknown attestation', { attestation: { format: 'hearsay', statement: new Map() } }],
    [
      'a certificate',
      {
        attestation: {
          format: 'packed',
          statement: new Map<string, never>([
            ['alg', -7 as never],
            ['sig', Buffer.from('30') as never],
            ['x5c', [Buffer.from('30820100', 'hex')] as never],
          ]),
        },
      },
    ],
  ])('refuses %s with 422 and stores nothing', async (_, deviation) => {
    const { status, body } = await addPasskey(app, tester, new SoftAuthenticator(), deviation);
    expect([status, body.code]).toEqual([422, 'passkey-refused']);
    const { body: list } = await call(app, 'GET /api/auth/passkeys', { token: tester.access_token });
    expect(list).toEqual({ passkeys: [] });
  });

  it.each([
    ['no CBOR', Buffer.from('hello')],
    ['nothing inside', cbor(new Map())],
    ['very deep CBOR', Buffer.concat([Buffer.alloc(10_000, 0x81), Buffer.from([0])])],
    ['a map of 4 billion entries', Buffer.from('bbffffffffffffffff', 'hex')],
    ['too few bytes', cbor(new Map<string, never>([['authData', Buffer.alloc(3) as never]]))],
  ])('refuses an attestation object with %s with 422', async (_, bytes) => {
    const { status, body } = await addPasskey(app, tester, new SoftAuthenticator(), {}, (answer) => ({
      ...answer,
      response: { ...answer.response, attestationObject: bytes.toString('base64url') },
    }));
    expect([status, body.code]).toEqual([422, 'passkey-refused']);
  });

  it('takes the attestation of an authenticator about itself', async () => {
    const user = await createUser(app);
    expect((await addPasskey(app, user, new SoftAuthenticator(), { attestsItself: true })).status).toBe(201);
  });

  it('refuses an answer that comes twice, that comes in another session, or to a question nobody asked', async () => {
    const [user, other] = [await createUser(app), await createUser(app)];
    const elsewhere = await login(app, user);
    const post = async (token: string, registration_token: string, options: CeremonyOptions) => {
      const response = new SoftAuthenticator().register(options);
      return call<Problem>(app, 'POST /api/auth/passkeys', {
        token,
        json: { registration_token, name: 'x', response },
      });
    };
    const ask = () => askFor(app, 'POST /api/auth/passkeys/registration-options', { token: user.access_token });
    const stolen = await ask();
    expect((await post(other.access_token, stolen.registration_token, stolen.options)).status).toBe(422);
    const moved = await ask();
    expect((await post(elsewhere.access_token, moved.registration_token, moved.options)).status).toBe(422);
    const used = await ask();
    expect((await post(user.access_token, used.registration_token, used.options)).status).toBe(201);
    expect((await post(user.access_token, used.registration_token, used.options)).status).toBe(422);
    const made = `ot_${'A'.repeat(43)}`;
    expect((await post(user.access_token, made, used.options)).status).toBe(422);
  });

  it('S29: refuses a passkey that another account has with 409, and that one still works', async () => {
    const owner = await createPasskeyUser(app);
    const thief = await createUser(app);
    const { status, body } = await addPasskey(app, thief, owner.authenticator);
    expect([status, body.code]).toEqual([409, 'passkey-exists']);
    owner.authenticator.userHandle = owner.handle;
    expect((await loginWithPasskey(app, owner.authenticator)).status).toBe(200);
  });

  it('wants a fresh proof of identity', async () => {
    const user = await createUser(app);
    await letProofsAge(app);
    const answer = await call<Problem>(app, 'POST /api/auth/passkeys/registration-options', {
      token: user.access_token,
    });
    expect(answer.body.code).toBe('step-up-required');
  });
});

describe('the list of passkeys', () => {
  it('can be renamed and removed by its owner; the password alone logs in again after the last', async () => {
    const user = await createPasskeyUser(app);
    const token = user.access_token;
    const renamed = await call(app, `PATCH /api/auth/passkeys/${user.passkeyId}`, { token, json: { name: 'Phone' } });
    expect(renamed.body).toMatchObject({ id: user.passkeyId, name: 'Phone' });
    const { body } = await call<{ passkeys: unknown[] }>(app, 'GET /api/auth/passkeys', { token });
    expect(body.passkeys).toEqual([renamed.body]);
    await letProofsAge(app);
    const route = `DELETE /api/auth/passkeys/${user.passkeyId}`;
    expect((await call<Problem>(app, route, { token })).body.code).toBe('step-up-required');
    const fresh = (await loginWithPasskey(app, user.authenticator)).body;
    expect((await call(app, route, { token: fresh.access_token })).status).toBe(204);
    expect(await login(app, user)).toHaveProperty('access_token');
    expect((await loginWithPasskey(app, user.authenticator)).body).toMatchObject({ code: 'invalid-passkey' });
    expect(await trailed(user, 'passkey.remove', 'success')).toBe(1);
  });

  it('S29: answers 404 for the passkey of another, whoever asks, and leaves it', async () => {
    const owner = await createPasskeyUser(app);
    const other = await createUser(app, { isAdmin: true });
    const before = await call(app, 'GET /api/auth/passkeys', { token: owner.access_token });
    const route = `/api/auth/passkeys/${owner.passkeyId}`;
    const token = other.access_token;
    expect((await call(app, `PATCH ${route}`, { token, json: { name: 'Mine' } })).status).toBe(404);
    expect((await call(app, `DELETE ${route}`, { token })).status).toBe(404);
    expect((await call(app, 'DELETE /api/auth/passkeys/nonsense', { token })).status).toBe(404);
    expect((await call(app, 'GET /api/auth/passkeys', { token })).body).toEqual({ passkeys: [] });
    expect((await call(app, 'GET /api/auth/passkeys', { token: owner.access_token })).body).toEqual(before.body);
  });
});

describe('login with a passkey alone', () => {
  let tester: PasskeyUser;

  beforeAll(async () => {
    tester = await createPasskeyUser(app);
  });

  it('A15: opens a session with two factors, without an address or a password', async () => {
    const user = await createPasskeyUser(app);
    const { options } = await askFor(app, 'POST /api/auth/passkeys/login-options');
    expect(options).toMatchObject({ rpId: 'localhost', userVerification: 'required' });
    expect(options).not.toHaveProperty('allowCredentials');
    const { status, body } = await loginWithPasskey(app, user.authenticator);
    expect(status).toBe(200);
    expect((await me(body)).body['id']).toBe(user.id);
    const rows = await app.database.read((em) =>
      em.execute<{ methods: string }[]>('select methods from sessions where user_id = ? order by created_at desc', [
        user.id,
      ]),
    );
    expect(rows[0]).toEqual({ methods: 'hwk mfa' });
  });

  it('works again and again with an authenticator that does not count', async () => {
    const user = await createPasskeyUser(app, new SoftAuthenticator({ counts: false }));
    for (let round = 0; round < 2; round += 1) {
      expect((await loginWithPasskey(app, user.authenticator)).status).toBe(200);
    }
  });

  it.each<[string, Deviation]>([
    ...DEVIATIONS,
    ['the type of a registration', { type: 'webauthn.create' }],
    ['a user who was not verified', { isUserVerified: false }],
    ['a flipped bit in the signature', { breaksSignature: true }],
    ['no user handle', { userHandle: undefined }],
    ['the handle of another', { userHandle: 'AAAAAAAAAAAAAAAAAAAAAA' }],
    ['an unknown credential', { credentialId: 'AAAAAAAAAAAAAAAAAAAAAA' }],
  ])('refuses %s with 401, and says no more', async (_, deviation) => {
    const { status, body } = await loginWithPasskey(app, tester.authenticator, deviation);
    expect([status, body.code, body.detail]).toEqual([401, 'invalid-passkey', undefined]);
  });

  it("refuses another's passkey under the own handle, and the own key under another's credential", async () => {
    const [user, other] = [await createPasskeyUser(app), await createPasskeyUser(app)];
    const answers = [
      await loginWithPasskey(app, user.authenticator, { userHandle: other.handle }),
      await loginWithPasskey(app, user.authenticator, {
        credentialId: other.authenticator.credentialId,
        userHandle: other.handle,
      }),
    ];
    expect(answers.map(({ body }) => body.code)).toEqual(['invalid-passkey', 'invalid-passkey']);
    expect(await trailed(other, 'session.login', 'failure')).toBe(1);
  });

  it('refuses an answer that is sent again, and one to a question of another kind', async () => {
    const user = await createPasskeyUser(app);
    const { options, authentication_token } = await askFor(app, 'POST /api/auth/passkeys/login-options');
    const json = { authentication_token, response: user.authenticator.assert(options) };
    expect((await call(app, 'POST /api/auth/passkeys/login', { json })).status).toBe(200);
    expect((await call<Problem>(app, 'POST /api/auth/passkeys/login', { json })).body.code).toBe('invalid-passkey');
    const stepUp = await askFor(app, 'POST /api/auth/step-up/passkey-options', { token: user.access_token });
    const moved = {
      authentication_token: stepUp.authentication_token,
      response: user.authenticator.assert(stepUp.options),
    };
    expect((await call<Problem>(app, 'POST /api/auth/passkeys/login', { json: moved })).body.code).toBe(
      'invalid-passkey',
    );
  });

  it('gives a question one try: a wrong answer uses it up', async () => {
    const user = await createPasskeyUser(app);
    const { options, authentication_token } = await askFor(app, 'POST /api/auth/passkeys/login-options');
    const send = (response: PasskeyJson) =>
      call(app, 'POST /api/auth/passkeys/login', { json: { authentication_token, response } });
    expect((await send(user.authenticator.assert(options, { breaksSignature: true }))).status).toBe(401);
    expect((await send(user.authenticator.assert(options))).status).toBe(401);
  });

  it('refuses a counter that goes back or stands still, as of a copied key, and writes it down', async () => {
    const user = await createPasskeyUser(app);
    user.authenticator.counter = 40;
    expect((await loginWithPasskey(app, user.authenticator)).status).toBe(200);
    for (const counter of [41, 7, 0]) {
      const answer = await loginWithPasskey(app, user.authenticator, { counter });
      expect([answer.status, answer.body.code]).toEqual([401, 'invalid-passkey']);
    }
    expect(await trailed(user, 'passkey.cloned', 'denied')).toBe(3);
    expect((await loginWithPasskey(app, user.authenticator)).status).toBe(200);
  });

  it('refuses the passkey of a deactivated account like an unknown one', async () => {
    const user = await createPasskeyUser(app);
    await app.database.read((em) => em.execute('update users set is_active = false where id = ?', [user.id]));
    const { status, body } = await loginWithPasskey(app, user.authenticator);
    expect([status, body.code, body.detail]).toEqual([401, 'invalid-passkey', undefined]);
  });

  it('refuses a question that is too old', async () => {
    const user = await createPasskeyUser(app);
    const { options, authentication_token } = await askFor(app, 'POST /api/auth/passkeys/login-options');
    await app.database.read((em) =>
      em.execute("update one_time_tokens set expires_at = now() - interval '1 second' where purpose = ?", [
        'passkey-authentication',
      ]),
    );
    const json = { authentication_token, response: user.authenticator.assert(options) };
    expect((await call<Problem>(app, 'POST /api/auth/passkeys/login', { json })).body.code).toBe('invalid-passkey');
  });
});

describe('a passkey as the second step of a login', () => {
  let tester: PasskeyUser;

  beforeAll(async () => {
    tester = await createPasskeyUser(app);
  });

  async function secondStep(user: PasskeyUser, deviation: Deviation = {}, authenticator = user.authenticator) {
    const { mfa_token } = await firstStep(app, user);
    const { options, authentication_token } = await askFor(app, 'POST /api/auth/passkeys/challenge-options', {
      json: { mfa_token },
    });
    const response = authenticator.assert(options, deviation);
    const json = { mfa_token, authentication_token, response };
    return { json, answer: await call<Tokens & Problem>(app, 'POST /api/auth/mfa/challenge/passkey', { json }) };
  }

  it('A15: opens the session; the user need not be verified once more, and the answer is good once', async () => {
    const user = await createPasskeyUser(app);
    const { json, answer } = await secondStep(user, { isUserVerified: false, userHandle: undefined });
    expect(answer.status).toBe(200);
    expect((await me(answer.body)).body['id']).toBe(user.id);
    expect((await call<Problem>(app, 'POST /api/auth/mfa/challenge/passkey', { json })).body.code).toBe(
      'invalid-mfa-token',
    );
  });

  it.each<[string, Deviation]>([...DEVIATIONS, ['a flipped bit in the signature', { breaksSignature: true }]])(
    'refuses %s with 401 and counts it',
    async (_, deviation) => {
      const before = await trailed(tester, 'mfa.challenge', 'failure');
      const { answer } = await secondStep(tester, deviation);
      expect([answer.status, answer.body.code]).toEqual([401, 'invalid-passkey']);
      expect(await trailed(tester, 'mfa.challenge', 'failure')).toBe(before + 1);
    },
  );

  it("refuses the passkey of another, and an answer to another login's question", async () => {
    const [user, other] = [await createPasskeyUser(app), await createPasskeyUser(app)];
    expect((await secondStep(user, {}, other.authenticator)).answer.body.code).toBe('invalid-passkey');
    const [first, second] = [await firstStep(app, user), await firstStep(app, user)];
    const asked = await askFor(app, 'POST /api/auth/passkeys/challenge-options', {
      json: { mfa_token: first.mfa_token },
    });
    const moved = await call<Problem>(app, 'POST /api/auth/mfa/challenge/passkey', {
      json: {
        mfa_token: second.mfa_token,
        authentication_token: asked.authentication_token,
        response: user.authenticator.assert(asked.options),
      },
    });
    expect(moved.body.code).toBe('invalid-passkey');
  });

  it('is not offered to an account without one', async () => {
    const made = { mfa_token: `ot_${'A'.repeat(43)}` };
    const answer = await call<Problem>(app, 'POST /api/auth/passkeys/challenge-options', { json: made });
    expect(answer.body).toMatchObject({ status: 401, code: 'invalid-mfa-token' });
  });
});

describe('answers that are none', () => {
  let tester: PasskeyUser;

  beforeAll(async () => {
    tester = await createPasskeyUser(app);
  });

  it.each<[string, (answer: PasskeyJson) => unknown]>([
    ['no answer', () => undefined],
    ['a list', () => []],
    ['an id that is too long', (answer) => ({ ...answer, id: 'A'.repeat(1365) })],
    ['an id with other characters', (answer) => ({ ...answer, id: 'a+b=' })],
    ['another type', (answer) => ({ ...answer, type: 'password' })],
    ['too much data', (answer) => ({ ...answer, response: { ...answer.response, signature: 'A'.repeat(2049) } })],
    ['an unknown member', (answer) => ({ ...answer, response: { ...answer.response, is_admin: true } })],
    ['numbers', (answer) => ({ ...answer, response: { ...answer.response, clientDataJSON: 7 } })],
  ])('%s: 422', async (_, spoil) => {
    const { options, authentication_token } = await askFor(app, 'POST /api/auth/passkeys/login-options');
    const response = spoil(new SoftAuthenticator().assert(options));
    const answer = await call<Problem>(app, 'POST /api/auth/passkeys/login', {
      json: { authentication_token, response },
    });
    expect([answer.status, answer.body.code]).toEqual([422, 'validation-failed']);
  });

  it.each([
    ['clientDataJSON', 'bm90IGpzb24'],
    ['clientDataJSON', 'bnVsbA'],
    ['authenticatorData', 'AAAA'],
    ['signature', 'A'],
  ])('%s = %s: 401 and never 500', async (member, value) => {
    const { options, authentication_token } = await askFor(app, 'POST /api/auth/passkeys/login-options');
    const sound = tester.authenticator.assert(options);
    const response = { ...sound, response: { ...sound.response, [member]: value } };
    const answer = await call<Problem>(app, 'POST /api/auth/passkeys/login', {
      json: { authentication_token, response },
    });
    expect([answer.status, answer.body.code]).toEqual([401, 'invalid-passkey']);
  });
});
