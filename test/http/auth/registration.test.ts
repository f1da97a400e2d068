// Registration, login and the own account, through the whole application.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, createUser, type TestUser } from '../../support/api.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

let app: TestApp;
let user: TestUser;

beforeAll(async () => {
  app = await startTestApp();
  user = await createUser(app, { email: 'Ana.Duarte@clinic.example' });
});
afterAll(() => app.close());

describe('register, log in, me', () => {
  it('answers me with the account and never with a hash', async () => {
    const me = await call(app, 'GET /api/auth/me', { token: user.access_token });
    expect(me.status).toBe(200);
    expect(me.body).toMatchObject({ email: 'ana.duarte@clinic.example', role: 'user', is_admin: false });
    expect(me.text).not.toContain('$2b$');
  });
});
