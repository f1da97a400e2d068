// The first administrator: named by the operator, never there by default (bar S63).
import { afterEach, describe, expect, it } from '@jest/globals';
import { call, login } from '../../support/api.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const EMAIL = 'Root@clinic.example';
const PASSWORD = 'nine quiet otters swim home';

let app: TestApp;
afterEach(() => app.close());

async function emails(): Promise<string[]> {
  const rows = await app.database.read((em) => em.execute<{ email: string }[]>('select email from users'));
  return rows.map((row) => row.email);
}

describe('start', () => {
  it('S63 makes no account by itself', async () => {
    app = await startTestApp();
    expect(await emails()).toEqual([]);
  });

  it('makes the administrator of INITIAL_ADMIN_EMAIL, who may administrate', async () => {
    app = await startTestApp({ env: { INITIAL_ADMIN_EMAIL: EMAIL, INITIAL_ADMIN_PASSWORD: PASSWORD } });
    const tokens = await login(app, { email: EMAIL, password: PASSWORD });
    expect((await call(app, 'GET /api/users', { token: tokens.access_token })).status).toBe(200);
  });

  it('starts without an administrator when the password is too common', async () => {
    app = await startTestApp({ env: { INITIAL_ADMIN_EMAIL: EMAIL, INITIAL_ADMIN_PASSWORD: 'passwordpassword' } });
    expect(await emails()).toEqual([]);
    expect((await call(app, 'GET /health')).status).toBe(200);
  });
});
