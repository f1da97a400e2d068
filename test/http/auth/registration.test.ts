// Registration and the own account, through the whole application (bars S1 to S3, S11, S32).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ComputePool } from '../../../src/compute/compute-pool.ts';
import { call, createUser, login, PASSWORD, type Problem, type TestUser } from '../../support/api.ts';
import { sharedTestApp, type TestApp } from '../../support/test-app.ts';

let app: TestApp;
let user: TestUser;

beforeAll(async () => {
  app = await sharedTestApp();
  user = await createUser(app, { email: 'Ana.Duarte@Clinic.example' });
});
afterAll(() => app.close());

function register(json: unknown) {
  return call<Problem & { email?: string }>(app, 'POST /api/auth/register', { json });
}

describe('POST /api/auth/register', () => {
  it('opens an account that is no administrator, though it is the first, and shows no hash', async () => {
    const me = await call(app, 'GET /api/auth/me', { token: user.access_token });
    expect(me.body).toEqual({
      id: user.id,
      email: 'ana.duarte@clinic.example',
      full_name: 'Test Person',
      is_active: true,
      is_admin: false,
      role: 'user',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      last_login: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
  });

  it('S11 keeps one account per address, whatever the spelling: the second is answered 409', async () => {
    const again = await register({ email: 'ana.duarte@clinic.EXAMPLE', password: PASSWORD });
    expect([again.status, again.body.code]).toEqual([409, 'email-taken']);
    const tokens = await login(app, { email: 'ANA.DUARTE@CLINIC.EXAMPLE', password: PASSWORD });
    expect(tokens.token_type).toBe('bearer');
  });

  it('answers exactly one of five parallel registrations of one address with 201', async () => {
    const json = { email: 'race@clinic.example', password: PASSWORD };
    const statuses = (await Promise.all(Array.from({ length: 5 }, () => register(json)))).map((each) => each.status);
    expect(statuses.toSorted()).toEqual([201, 409, 409, 409, 409]);
  });

  it.each([
    ['S1 7 characters', 'a8Z!k2#', /at least 15/],
    ['S3 a common password', 'passwordpassword1', /too common/],
    ['S3 the own address', 'new@clinic.example', /too common/],
    ['S2 half a surrogate pair', `seven lamps above \ud83d`, /well-formed/],
    ['S11 1025 characters', 'k'.repeat(1025), /shorter than or equal to 1024/],
    ['nothing', '', /longer than or equal to 1/],
  ])('refuses %s with 422 and hashes nothing', async (_, password, rule) => {
    const pool = app.app.get(ComputePool);
    const before = pool.completedTasks;
    const answer = await register({ email: 'new@clinic.example', password });
    expect([answer.status, answer.body.code]).toEqual([422, 'validation-failed']);
    expect(answer.body.errors?.[0]).toMatchObject({ pointer: '/password', detail: expect.stringMatching(rule) });
    expect(pool.completedTasks).toBe(before);
  });

  it.each([
    ['an object', { $ne: '' }],
    ['an array', ['seven lamps above the harbour']],
    ['a number', 123456789012345],
    ['null', null],
    ['true', true],
  ])('S11 refuses %s instead of text in each field with 422', async (_, value) => {
    const good = { email: 'new@clinic.example', password: PASSWORD, full_name: 'New' };
    for (const field of ['email', 'password', 'full_name']) {
      if (field === 'full_name' && value === null) continue;
      const answer = await register({ ...good, [field]: value });
      expect([field, answer.status, answer.body.errors?.[0]?.pointer]).toEqual([field, 422, `/${field}`]);
    }
  });

  it.each([
    'no address',
    '@clinic.example',
    'a@b',
    `${'a'.repeat(250)}@clinic.example`,
    'a\n@clinic.example',
    'a\0@b.example',
  ])('refuses the address %j with 422', async (email) => {
    const answer = await register({ email, password: PASSWORD });
    expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([422, '/email']);
  });

  it.each(['a\0b', 'a\nb', 'x'.repeat(256), '\ud83d'])('refuses the name %j with 422', async (full_name) => {
    const answer = await register({ email: 'new@clinic.example', password: PASSWORD, full_name });
    expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([422, '/full_name']);
  });

  it.each([
    ['is_admin', true],
    ['role', 'admin'],
    ['id', '019aab7c-2f10-7c3e-8d55-5a1f0c9b7e21'],
    ['hashed_password', 'x'],
    ['is_active', false],
  ])('S32 refuses the field %s with 422', async (field, value) => {
    const answer = await register({ email: 'new@clinic.example', password: PASSWORD, [field]: value });
    expect(answer.status).toBe(422);
  });

  it.each(['"__proto__":{"is_admin":true}', '"constructor":{"prototype":{"is_admin":true}}'])(
    'S32 refuses the poisoned member %s with 400',
    async (member) => {
      const response = await fetch(`${app.url}/api/auth/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{"email":"proto@clinic.example","password":"${PASSWORD}",${member}}`,
      });
      expect(response.status).toBe(400);
      expect(({} as { is_admin?: boolean }).is_admin).toBeUndefined();
    },
  );

  it('S2 counts the whole of a long password with characters of several bytes', async () => {
    const password = 'Fähre '.repeat(20) + 'und Möwe';
    const email = 'long@clinic.example';
    expect((await register({ email, password })).status).toBe(201);
    await expect(login(app, { email, password })).resolves.toMatchObject({ token_type: 'bearer' });
    const variant = await call(app, 'POST /api/auth/login', { json: { email, password: `${password.slice(0, -1)}a` } });
    expect(variant.status).toBe(401);
  });
});
