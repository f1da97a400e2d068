// Swagger UI as a person uses it, in a real Chromium (CHROMIUM_PATH names its binary).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type Browser } from 'playwright-core';
import { sharedTestApp, type TestApp } from '../../support/test-app.ts';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '';
const describeWithChromium = CHROMIUM === '' ? describe.skip : describe;
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'];
const CREDENTIALS = { email: 'reader@clinic.example', password: 'the ferry leaves before dawn' };

describeWithChromium('Swagger UI (needs CHROMIUM_PATH)', () => {
  let app: TestApp;
  let browser: Browser;

  beforeAll(async () => {
    app = await sharedTestApp();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS, timeout: 120_000 });
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  it('F20 begins with closed groups, authorizes with an access token in its one box and calls GET /api/auth/me', async () => {
    const post = (path: string): Promise<Response> =>
      fetch(app.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(CREDENTIALS),
      });
    await post('/api/auth/register');
    const { access_token: token } = (await (await post('/api/auth/login')).json()) as { access_token: string };

    const page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    const violations: string[] = [];
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) violations.push(message.text());
    });
    await page.goto(`${app.url}/docs`);
    await page.locator('button.authorize').first().click();
    await page.locator('.auth-container input').fill(token);
    await page.locator('.auth-btn-wrapper button.authorize').first().click();
    await page.locator('.btn-done').first().click();

    const operation = page.locator('.opblock', { has: page.locator('[data-path="/api/auth/me"]') });
    expect(await page.locator('.opblock').count()).toBe(0);
    await page.locator('[data-tag="auth"]').click();
    await operation.locator('.opblock-summary-control').click();
    await operation.getByRole('button', { name: 'Try it out' }).click();
    await operation.getByRole('button', { name: 'Execute' }).click();
    const answer = operation.locator('.live-responses-table .response');
    await answer.locator('.response-col_status').first().waitFor();

    expect(await answer.locator('.response-col_status').first().innerText()).toContain('200');
    expect(await answer.locator('.response-col_description').first().innerText()).toContain(CREDENTIALS.email);
    expect(violations).toEqual([]);
  });
});
