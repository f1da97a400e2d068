// What a start tells, and the addresses that a browser tries first.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ServerUnderTest } from '../../support/server-under-test.ts';

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly url?: string;
  readonly host?: string;
  readonly port?: number;
  readonly at?: unknown;
}

const lines = (server: ServerUnderTest): Line[] =>
  server.output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

describe('F17 a start', () => {
  let server: ServerUnderTest;

  beforeAll(async () => {
    server = await ServerUnderTest.start({ env: { LOG_LEVEL: 'info' } });
    await server.until(() => Promise.resolve(server.output.includes('listening')));
  });
  afterAll(() => server.stop());

  it('is told in a few lines: where the server listens, and how to make the first administrator', () => {
    const told = lines(server);
    expect(told.length).toBeLessThan(6);
    expect(told.filter(({ msg }) => msg === 'listening').map(({ url }) => url)).toEqual([server.url]);
    expect(told.some(({ msg }) => msg.includes('There is no administrator'))).toBe(true);
  });

  it('answers a browser that opens the address, and a program that does', async () => {
    const get = (path: string, accept: string) => fetch(server.url + path, { headers: { accept } });
    const page = await get('/', 'text/html,application/xhtml+xml');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain('href="/docs"');
    const problem = await get('/', 'application/json');
    expect(problem.status).toBe(404);
    expect(problem.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect((await get('/favicon.ico', '*/*')).status).toBe(204);
    expect(await (await get('/robots.txt', '*/*')).text()).toContain('Disallow: /');
  });
});

describe('F17 a database that cannot be reached', () => {
  it('is told in one line each ten seconds, with host and port and without a stack', async () => {
    const server = await ServerUnderTest.spawn({
      env: { LOG_LEVEL: 'info', DATABASE_URL: 'postgresql://user:secret-word@127.0.0.1:1/clinic' },
    });
    const isTold = (): boolean => server.output.includes('cannot be reached');
    await server.until(() => Promise.resolve(isTold()));
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const told = lines(server).filter(({ msg }) => msg.includes('cannot be reached'));
    expect(told).toEqual([expect.objectContaining({ host: '127.0.0.1', port: 1, errorCode: 'ECONNREFUSED' })]);
    expect(told[0]).not.toHaveProperty('at');
    expect(server.output).not.toContain('secret-word');
    await server.stop();
  });
});
