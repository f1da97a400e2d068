// Change of the own password (bars S1, S3, S10).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, createUser, login, type Problem, type TestUser } from '../../support/api.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const NEW_PASSWORD = 'a kettle sings in the lighthouse';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ env: { RATE_LIMIT_LOGIN_FAILURES_PER_ACCOUNT: '3' } });
});
afterAll(() => app.close());

function change(user: TestUser, current_password: string, new_password: string) {
  return call<Problem>(app, 'PUT /api/users/me/password', {
    token: user.access_token,
    json: { current_password, new_password },
  });
}

describe('PUT /api/users/me/password', () => {
  it('S10 ends every other session at once and leaves this one alive', async () => {
    const user = await createUser(app);
    const elsewhere = await login(app, user);
    expect((await change(user, user.password, NEW_PASSWORD)).status).toBe(204);
    expect((await call(app, 'GET /api/auth/me', { token: elsewhere.access_token })).status).toBe(401);
    const refused = await call(app, 'POST /api/auth/refresh', { json: { refresh_token: elsewhere.refresh_token } });
    expect(refused.status).toBe(401);
    expect((await call(app, 'GET /api/auth/me', { token: user.access_token })).status).toBe(200);
    const renewed = await call(app, 'POST /api/auth/refresh', { json: { refresh_token: user.refresh_token } });
    expect(renewed.status).toBe(200);
  });

  it('X-auth7 refuses the old password and lets the new one in at once', async () => {
    const user = await createUser(app);
    await change(user, user.password, NEW_PASSWORD);
    const old = await call(app, 'POST /api/auth/login', { json: { email: user.email, password: user.password } });
    expect(old.status).toBe(401);
    const fresh = await login(app, { email: user.email, password: NEW_PASSWORD });
    expect((await call(app, 'GET /api/auth/me', { token: fresh.access_token })).status).toBe(200);
  });

  it('S10 refuses a wrong current password with 403, changes nothing, and slows down who guesses', async () => {
    const user = await createUser(app);
    for (let round = 0; round < 3; round += 1) {
      const answer = await change(user, 'wrong', NEW_PASSWORD);
      expect([answer.status, answer.body.code]).toEqual([403, 'wrong-password']);
    }
    const slowed = await change(user, user.password, NEW_PASSWORD);
    expect([slowed.status, slowed.body.code]).toEqual([429, 'rate-limited']);
    expect((await call(app, 'GET /api/auth/me', { token: user.access_token })).status).toBe(200);
  });

  it.each([
    ['S1 a short one', 'a8Z!k2#'],
    ['S3 a common one', 'passwordpassword1'],
  ])('refuses %s with 422 naming /new_password', async (_, password) => {
    const user = await createUser(app);
    const answer = await change(user, user.password, password);
    expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([422, '/new_password']);
  });

  it('lets only one of two parallel changes with the same old password through', async () => {
    const user = await createUser(app);
    const answers = await Promise.all([
      change(user, user.password, NEW_PASSWORD),
      change(user, user.password, `${NEW_PASSWORD} again`),
    ]);
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([204, 403]);
  });
});
