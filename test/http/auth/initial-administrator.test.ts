// The first administrator: named by the operator, never there by default (bar S63).
import { afterEach, describe, expect, it } from '@jest/globals';
import { InitialAdministrator } from '../../../src/auth/accounts/initial-administrator.ts';
import { SetUpService } from '../../../src/auth/accounts/set-up.service.ts';
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

describe('F17 the link to make the first administrator', () => {
  const account = { email: EMAIL, password: PASSWORD };
  const setUp = (token: string, json: object = account) =>
    call(app, 'POST /api/auth/set-up', { json: { ...json, token } });
  const tokenOf = (link: string | null): string => new URL(link ?? 'about:blank').hash.replace('#token=', '');
  const linkOf = (): string | null => app.app.get(InitialAdministrator, { strict: false }).setUpLink;

  it('opens a page, makes the administrator once, and is worth nothing afterwards', async () => {
    app = await startTestApp();
    const link = new URL(linkOf() ?? '');
    const page = await fetch(new URL(link.pathname, app.url));
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('/api/auth/set-up')]);
    const token = tokenOf(linkOf());
    expect((await setUp(token, { ...account, password: 'passwordpassword' })).status).toBe(422);
    const made = await setUp(token);
    expect([made.status, made.body['role']]).toEqual([201, 'admin']);
    const again = await setUp(token, { ...account, email: 'second@clinic.example' });
    expect([again.status, again.body['code']]).toEqual([410, 'one-time-token-invalid']);
    const tokens = await login(app, account);
    expect((await call(app, 'GET /api/users', { token: tokens.access_token })).status).toBe(200);
    expect(await emails()).toEqual([EMAIL.toLowerCase()]);
  });

  it('makes one administrator, however many use it at once and whichever link they have', async () => {
    app = await startTestApp();
    const other = await app.app.get(SetUpService, { strict: false }).makeLink();
    const tokens = [tokenOf(linkOf()), tokenOf(linkOf()), tokenOf(other), tokenOf(other)];
    const answers = await Promise.all(
      tokens.map((token, index) => setUp(token, { ...account, email: `admin${index}@clinic.example` })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 410, 410, 410]);
    expect(await emails()).toHaveLength(1);
  });

  it('is none with an administrator, and tells nobody without it which addresses have accounts', async () => {
    app = await startTestApp({ env: { INITIAL_ADMIN_EMAIL: EMAIL, INITIAL_ADMIN_PASSWORD: PASSWORD } });
    expect(linkOf()).toBeNull();
    expect(await app.app.get(SetUpService, { strict: false }).makeLink()).toBeNull();
    expect((await setUp(`ot_${'A'.repeat(43)}`)).body['code']).toBe('one-time-token-invalid');
  });
});
