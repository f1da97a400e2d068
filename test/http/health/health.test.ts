// Liveness and readiness of the whole application on the embedded database.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sharedTestApp, type TestApp } from '../../support/test-app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await sharedTestApp();
});
afterAll(() => app.close());

describe('GET /health', () => {
  it('answers healthy with version, timestamp and uptime', async () => {
    const response = await fetch(`${app.url}/health`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'healthy',
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      uptime: expect.any(Number),
    });
  });

  it('answers HEAD without a body', async () => {
    const response = await fetch(`${app.url}/health`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });
});

describe('GET /ready', () => {
  it('is ready and shows PostgreSQL as up', async () => {
    const response = await fetch(`${app.url}/ready`);
    expect(response.status).toBe(200);
    const body = (await response.json()) as { status: string; checks: Record<string, unknown> };
    expect(body.status).toBe('ready');
    expect(body.checks['postgres']).toBe(true);
  });
});

describe('an unknown route', () => {
  it('answers 404 problem details that carry the request id', async () => {
    const response = await fetch(`${app.url}/api/nothing`, { headers: { 'x-request-id': 'abc-1' } });
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(response.headers.get('x-request-id')).toBe('abc-1');
    expect(await response.json()).toMatchObject({ code: 'not-found', status: 404, instance: 'abc-1' });
  });
});
