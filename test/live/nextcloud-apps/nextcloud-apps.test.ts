// The apps in a real Nextcloud, against this server: TEST_NEXTCLOUD_URL (with _ADMIN_USER and _ADMIN_PASSWORD),
// TEST_NEXTCLOUD_OCC (its occ as a shell command) and TEST_NEXTCLOUD_APPS_FOLDER (its folder apps/, to be written to).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type Page } from 'playwright-core';
import { call, createUser, type TestUser } from '../../support/api.ts';
import { NextcloudTarget, type TargetUser } from '../../support/nextcloud-target.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';
import { CAN_INSTALL_APPS, installApps, nextcloudLog, occ, removeApps } from './installed-apps.ts';
import { NextcloudBrowser } from './nextcloud-browser.ts';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'];
const describeWithApps = CAN_INSTALL_APPS ? describe : describe.skip;
const itWithChromium = CHROMIUM === '' ? it.skip : it;

const CLIENT = '/index.php/apps/voiceassist_client/';
const ADMIN = '/index.php/apps/voiceassist_admin/';
const DOCS = '/index.php/apps/voiceassist_docs/';
const CLIENT_SCOPES = ['knowledge:query', 'documents:read', 'files:index', 'jobs:read'];
const ADMIN_SCOPES = ['jobs:read', 'nextcloud:read', 'operations:read'];
const SENTENCE = 'Thiazide diuretics are recommended as first-line treatment of hypertension <b>in adults</b>.';
const QUESTION = { query: 'What is the first-line treatment of hypertension?' };

describeWithApps('the Nextcloud apps in a real Nextcloud (needs TEST_NEXTCLOUD_OCC and _APPS_FOLDER)', () => {
  let app: TestApp;
  let nextcloud: NextcloudTarget;
  let doctor: TargetUser;
  let account: TestUser;
  let browser: NextcloudBrowser;

  beforeAll(async () => {
    nextcloud = await NextcloudTarget.start();
    app = await startTestApp({ env: { NEXTCLOUD_URL: nextcloud.baseUrl } });
    await installApps(app.url);
    doctor = await nextcloud.makeUser();
    await nextcloud.makeFolder(doctor, '/Guidelines');
    await nextcloud.putFile(doctor, '/Guidelines/hypertension%20%26%20more.md', `# Hypertension\n\n${SENTENCE}\n`);
    account = await linkedAccount(doctor);
    browser = new NextcloudBrowser(nextcloud.baseUrl);
    await browser.signIn(doctor.uid, doctor.password);
    await browser.page(CLIENT);
  });
  afterAll(async () => {
    await removeApps();
    await app.close();
    await nextcloud.stop();
  });

  /** An account of this server, linked to the user's Nextcloud, with the file indexed. */
  async function linkedAccount({ uid, credential }: TargetUser): Promise<TestUser> {
    const user = await createUser(app, { isAdmin: true });
    const link = await call(app, 'PUT /api/integrations/nextcloud/account', {
      token: user.access_token,
      json: { login_name: uid, app_password: credential.secret },
    });
    expect(link.status).toBe(200);
    const indexed = await call(app, 'POST /api/integrations/files/index?wait=60', {
      token: user.access_token,
      json: { file_path: '/Guidelines/hypertension & more.md', source_type: 'guideline' },
    });
    expect([indexed.status, indexed.text]).toEqual([200, expect.stringContaining('"indexed"')]);
    return user;
  }

  async function personalToken(user: TestUser, scopes: readonly string[]): Promise<string> {
    const made = await call<{ token: string }>(app, 'POST /api/auth/tokens', {
      token: user.access_token,
      json: { name: 'Nextcloud app', scopes },
    });
    expect(made.status).toBe(201);
    return made.body.token;
  }

  /** Presses Connect in an app, logs in on the page of this server and comes back. */
  async function connectInBrowser(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.getByRole('heading', { name: 'Connect Nextcloud' }).waitFor();
    await page.getByLabel('Your address').fill(account.email);
    await page.getByLabel('Password').fill('not the password at all');
    await page.getByRole('button', { name: 'Log in and connect' }).click();
    await page.getByRole('alert').filter({ hasText: /./ }).waitFor();
    await page.getByLabel('Password').fill(account.password);
    await page.getByLabel('Password').press('Enter');
    await page.getByRole('button', { name: 'Disconnect' }).waitFor();
  }

  it('Q3: somebody who is not signed in to Nextcloud gets into none of them', async () => {
    const stranger = new NextcloudBrowser(nextcloud.baseUrl);
    for (const path of [`${CLIENT}api/documents`, `${ADMIN}api/health`, `${DOCS}api/openapi.json`]) {
      expect([path, (await stranger.send(path)).status]).toEqual([path, 401]);
    }
    expect((await stranger.page(CLIENT)).status).toBe(303);
  });

  it('X-ops4: an ordinary user gets into the client and the reference, and not into the admin app', async () => {
    expect((await browser.page(CLIENT)).text).toContain('Ask your documents');
    expect((await browser.page(DOCS)).text).toContain('VoiceAssist API');
    expect((await browser.page(ADMIN)).status).toBe(403);
    expect((await browser.call('GET', `${ADMIN}api/health`)).status).toBe(403);
    expect((await browser.call('POST', `${ADMIN}connection`, { token: 'x' })).status).toBe(403);
  });

  it('X-ops4: the client really proxies, with the token of the signed-in user, once it is connected', async () => {
    const before = await browser.call('POST', `${CLIENT}api/realtime/query`, QUESTION);
    expect([before.status, before.headers['content-type'], before.text]).toEqual([
      409,
      'application/problem+json',
      expect.stringContaining('not-connected'),
    ]);

    const token = await personalToken(account, CLIENT_SCOPES);
    const connected = await browser.call('POST', `${CLIENT}connection`, { token });
    expect([connected.status, connected.text]).toEqual([200, '{"connected":true}']);

    const answer = await browser.call('POST', `${CLIENT}api/realtime/query`, QUESTION);
    const direct = await call(app, 'POST /api/realtime/query', { token, json: QUESTION });
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    const { citations } = JSON.parse(answer.text) as { citations: { path: string; quoted_text: string }[] };
    expect(citations).toEqual(direct.body['citations']);
    expect(citations[0]).toMatchObject({ path: '/Guidelines/hypertension & more.md' });

    const list = await browser.call('GET', `${CLIENT}api/documents?limit=1&state=indexed`);
    expect(JSON.parse(list.text)).toMatchObject({ documents: [{ path: '/Guidelines/hypertension & more.md' }] });
    const place = encodeURIComponent('/Guidelines/hypertension & more.md');
    const state = await browser.call('GET', `${CLIENT}api/integrations/files/index-state?path=${place}`);
    expect(JSON.parse(state.text)).toMatchObject({ state: 'indexed' });
    const wrong = await browser.call('GET', `${CLIENT}api/documents?limit=many`);
    expect([wrong.status, JSON.parse(wrong.text)]).toMatchObject([422, { code: 'validation-failed' }]);
  });

  it('Q3: the token is shown nowhere: neither by the page nor by the log', async () => {
    const token = await personalToken(account, CLIENT_SCOPES);
    expect((await browser.call('POST', `${CLIENT}connection`, { token })).status).toBe(200);
    expect((await browser.page(CLIENT)).text).not.toContain(token);
    expect(await nextcloudLog()).not.toContain(token);
  });

  it('Q3: nothing but the listed operations can be reached, however the path is written', async () => {
    for (const route of [
      'users/me',
      'auth/tokens',
      'documents/',
      'documents/..%2fusers%2fme',
      'documents/%2e%2e/users/me',
      'jobs/00000000-0000-7000-8000-000000000000/events',
      'documents%0a',
    ]) {
      expect([route, (await browser.call('GET', `${CLIENT}api/${route}`)).status]).toEqual([route, 404]);
    }
    expect((await browser.call('DELETE', `${CLIENT}api/documents`)).status).toBe(405);
    expect((await browser.call('GET', `${CLIENT}api/documents?user_id=1`)).status).toBe(422);
  });

  it('Q3: a request without the request token of the page is refused', async () => {
    const json = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(QUESTION) };
    const forged = await browser.send(`${CLIENT}api/realtime/query`, { method: 'POST', ...json });
    expect(forged.status).toBe(412);
    expect((await browser.send(`${CLIENT}connection`, { method: 'DELETE' })).status).toBe(412);
    expect((await browser.send(`${CLIENT}api/documents`)).status).toBe(412);
  });

  it('Q3: a token that ends leads to "connect again", and a bad, weak or foreign one is not kept', async () => {
    const token = await personalToken(account, CLIENT_SCOPES);
    await browser.call('POST', `${CLIENT}connection`, { token });
    const listed = await call<{ tokens: { id: string }[] }>(app, 'GET /api/auth/tokens', {
      token: account.access_token,
    });
    for (const { id } of listed.body.tokens) {
      await call(app, `DELETE /api/auth/tokens/${id}`, { token: account.access_token });
    }
    const refused = await browser.call('GET', `${CLIENT}api/documents`);
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('token-refused')]);

    const weak = await personalToken(account, ['profile:read']);
    for (const [given, code] of [
      [weak, 'token-lacks-scope'],
      [token, 'token-refused'],
      [account.access_token, 'token-malformed'],
    ] as const) {
      const answer = await browser.call('POST', `${CLIENT}connection`, { token: given });
      expect([answer.status, answer.text]).toEqual([422, expect.stringContaining(code)]);
    }
    expect((await browser.call('DELETE', `${CLIENT}connection`)).text).toBe('{"connected":false}');
    expect((await browser.call('GET', `${CLIENT}api/documents`)).text).toContain('not-connected');
  });

  it('Q3: a token is sent to no other server than the one it was made at', async () => {
    const token = await personalToken(account, CLIENT_SCOPES);
    await browser.call('POST', `${CLIENT}connection`, { token });
    await occ('config:app:set', 'voiceassist_client', 'server_url', '--value=http://127.0.0.1:9');
    try {
      expect((await browser.call('GET', `${CLIENT}api/documents`)).text).toContain('not-connected');
      await occ('config:app:set', 'voiceassist_client', 'server_url', '--value=http://server.example');
      const insecure = await browser.call('GET', `${CLIENT}api/documents`);
      expect([insecure.status, insecure.text]).toEqual([503, expect.stringContaining('https')]);
    } finally {
      await occ('config:app:delete', 'voiceassist_client', 'server_url');
    }
    expect((await browser.call('GET', `${CLIENT}api/documents`)).status).toBe(200);
  });

  it('Q3: a user who is deleted leaves no token to whom gets the same id', async () => {
    const user = await nextcloud.makeUser();
    const own = new NextcloudBrowser(nextcloud.baseUrl);
    await own.signIn(user.uid, user.password);
    await own.page(CLIENT);
    const token = await personalToken(account, CLIENT_SCOPES);
    expect((await own.call('POST', `${CLIENT}connection`, { token })).status).toBe(200);
    await occ('user:delete', user.uid);

    await nextcloud
      .provisioning()
      .createUser(nextcloud.admin, { userId: user.uid, password: user.password, displayName: 'Another' });
    const other = new NextcloudBrowser(nextcloud.baseUrl);
    await other.signIn(user.uid, user.password);
    await other.page(CLIENT);
    expect((await other.call('GET', `${CLIENT}api/documents`)).text).toContain('not-connected');
  });

  it('Q3: the reference app hands out the OpenAPI document of the server', async () => {
    const answer = await browser.call('GET', `${DOCS}api/openapi.json`);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual((await call(app, 'GET /openapi.json')).body);
  });

  it('Q3: an administrator sees health, readiness, jobs and the report of the doctor', async () => {
    const admin = new NextcloudBrowser(nextcloud.baseUrl);
    await admin.signIn(nextcloud.admin.loginName, nextcloud.admin.secret);
    expect((await admin.page(ADMIN)).text).toContain('VoiceAssist status');
    expect(JSON.parse((await admin.call('GET', `${ADMIN}api/health`)).text)).toMatchObject({ status: 'healthy' });
    expect(JSON.parse((await admin.call('GET', `${ADMIN}api/ready`)).text)).toMatchObject({
      checks: { postgres: true },
    });
    const token = await personalToken(account, ADMIN_SCOPES);
    expect((await admin.call('POST', `${ADMIN}connection`, { token })).status).toBe(200);
    expect(JSON.parse((await admin.call('GET', `${ADMIN}api/jobs`)).text)).toMatchObject({ jobs: [{}] });
    const report = await admin.call('GET', `${ADMIN}api/integrations/nextcloud/doctor`);
    expect([report.status, JSON.parse(report.text)]).toMatchObject([200, { summary: { faults: 0 } }]);
    expect((await admin.call('GET', `${ADMIN}api/integrations/nextcloud/doctor?deep=true`)).status).toBe(422);
    expect((await admin.call('DELETE', `${ADMIN}connection`)).status).toBe(200);
  });

  itWithChromium(
    'Q3, F27: in a browser: connect with the button, ask, read the citation, the reference, and the state of the server',
    async () => {
      const chrome = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS, timeout: 120_000 });
      try {
        const context = await chrome.newContext();
        await context.addCookies(browser.cookies());
        const page = await context.newPage();
        page.setDefaultTimeout(120_000);
        const faults: string[] = [];
        page.on('console', (message) => {
          if (message.text().includes('Content Security Policy')) faults.push(message.text());
        });
        page.on('pageerror', (error) => {
          if (error.stack?.includes('voiceassist')) faults.push(error.message);
        });
        await page.goto(nextcloud.baseUrl + CLIENT);
        const disconnect = page.getByRole('button', { name: 'Disconnect' });
        await page.getByRole('button', { name: 'Connect', exact: true }).or(disconnect).first().waitFor();
        if (await disconnect.isVisible()) await disconnect.click();
        await connectInBrowser(page);
        await page.getByText('hypertension & more', { exact: false }).first().waitFor();
        await page.getByLabel('Question').fill(QUESTION.query);
        await page.getByRole('button', { name: 'Ask' }).click();
        const citation = page.locator('#voiceassist-citations li').first();
        await citation.waitFor();
        // What the document says is text, also where it looks like HTML.
        expect(await citation.locator('blockquote').innerText()).toContain('<b>in adults</b>');
        expect(await citation.locator('a').getAttribute('href')).toContain('dir=%2FGuidelines');
        expect(await page.locator('#voiceassist-answer-text').innerText()).toContain('[1]');

        await page.getByRole('button', { name: 'Look for new documents' }).click();
        await page.getByText('The index is up to date.').waitFor();

        await page.goto(nextcloud.baseUrl + DOCS);
        await page.getByLabel('Filter').fill('post realtime/query');
        await page.getByText('1 operation', { exact: true }).waitFor();
        await page.getByText('POST /api/realtime/query').click();
        await page.getByText('A session, or a personal access token with knowledge:query.').waitFor();

        const admin = new NextcloudBrowser(nextcloud.baseUrl);
        await admin.signIn(nextcloud.admin.loginName, nextcloud.admin.secret);
        await context.clearCookies();
        await context.addCookies(admin.cookies());
        await page.goto(nextcloud.baseUrl + ADMIN);
        await page.getByRole('row', { name: /^postgres up yes/ }).waitFor();
        await connectInBrowser(page);
        await page.getByRole('cell', { name: 'succeeded' }).first().waitFor();
        await page.getByText('Nothing waits and nothing runs.').waitFor();
        await disconnect.click();
        await page.getByText('Disconnected.').waitFor();
        expect(faults).toEqual([]);
      } finally {
        await chrome.close();
      }
    },
  );
});
