// S14: signing keys change and nobody is logged out. One server after the other on the same database.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createApp } from '../../../src/app.setup.ts';
import { readEnvironment } from '../../../src/config/read-environment.ts';
import { call, createUser, type TestUser, type Tokens } from '../../support/api.ts';
import { EMBEDDED_TEMPLATE } from '../../support/database-template.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const OLD = `k1:${randomBytes(48).toString('base64url')}`;
const NEW = `k2:${randomBytes(48).toString('base64url')}`;

/** A server that keeps its database when it is closed. */
async function serverWith(dataDir: string, JWT_KEYS: string): Promise<{ url: string; close: () => Promise<void> }> {
  const env = { NODE_ENV: 'test', DATA_DIR: dataDir, LOG_LEVEL: 'silent', INDEX_SCAN_INTERVAL_MINUTES: '0', JWT_KEYS };
  const isNew = !existsSync(join(dataDir, 'postgres'));
  const embedded = { dataFolder: dataDir, ...(isNew && { template: EMBEDDED_TEMPLATE }) };
  const { app } = await createApp(readEnvironment(env), embedded);
  await app.listen(0, '127.0.0.1');
  return { url: (await app.getUrl()).replace('[::1]', '127.0.0.1'), close: () => app.close() };
}

function kidOf(token: string): unknown {
  return (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid?: unknown }).kid;
}

describe('the signing key', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'voiceassist-keys-'));
  let user: TestUser;
  let renewed: Tokens;

  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  async function onServer(keys: string, work: (server: { url: string }) => Promise<void>): Promise<void> {
    const server = await serverWith(dataDir, keys);
    try {
      await work(server);
    } finally {
      await server.close();
    }
  }
  const me = async (server: { url: string }, token: string): Promise<number> =>
    (await call(server, 'GET /api/auth/session', { token })).status;
  const refresh = (server: { url: string }, refresh_token: string) =>
    call<Tokens>(server, 'POST /api/auth/refresh', { json: { refresh_token } });

  it('S14 is named by every token', async () => {
    await onServer(OLD, async (server) => {
      user = await createUser(server);
      expect(kidOf(user.access_token)).toBe('k1');
      expect(await me(server, user.access_token)).toBe(200);
    });
  });

  it('S14 gets a successor: old tokens live on, new ones name the new key', async () => {
    await onServer(`${NEW},${OLD}`, async (server) => {
      expect(await me(server, user.access_token)).toBe(200);
      renewed = (await refresh(server, user.refresh_token)).body;
      expect(kidOf(renewed.access_token)).toBe('k2');
      expect(await me(server, renewed.access_token)).toBe(200);
    });
  });

  it('S14 goes: its tokens are refused, and whoever held one refreshes and is not logged out', async () => {
    await onServer(NEW, async (server) => {
      expect(await me(server, user.access_token)).toBe(401);
      expect(await me(server, renewed.access_token)).toBe(200);
      const next = await refresh(server, renewed.refresh_token);
      expect(next.status).toBe(200);
      expect(await me(server, next.body.access_token)).toBe(200);
    });
  });
});

describe('the clock of the server', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  it.each([
    ['five minutes ahead of', 300_000],
    ['five minutes behind', -300_000],
  ])('R24 may be %s the one of the database: logins, refreshes and lists go on by the database', async (_, skewMs) => {
    const realNow = Date.now.bind(Date);
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => realNow() + skewMs);
    try {
      const user = await createUser(app);
      expect(user.expires_in).toBe(900);
      expect(user.refresh_expires_in).toBe(7 * 24 * 3600);
      expect((await call(app, 'GET /api/auth/me', { token: user.access_token })).status).toBe(200);
      const next = await call<Tokens>(app, 'POST /api/auth/refresh', { json: { refresh_token: user.refresh_token } });
      expect(next.status).toBe(200);
      expect(next.body.expires_in).toBeGreaterThan(0);
      expect((await call(app, 'GET /api/auth/me', { token: next.body.access_token })).status).toBe(200);
    } finally {
      clock.mockRestore();
    }
  });

  it('R24 takes a token that a server 60 seconds ahead has signed, and not one from further ahead', async () => {
    const user = await createUser(app);
    const realNow = Date.now.bind(Date);
    const statusSignedAhead = async (aheadMs: number): Promise<number> => {
      const clock = jest.spyOn(Date, 'now').mockImplementation(() => realNow() + aheadMs);
      const signed = await call<Tokens>(app, 'POST /api/auth/login', {
        json: { email: user.email, password: user.password },
      });
      clock.mockRestore();
      return (await call(app, 'GET /api/auth/me', { token: signed.body.access_token })).status;
    };
    expect(await statusSignedAhead(58_000)).toBe(200);
    expect(await statusSignedAhead(3_600_000)).toBe(401);
  });
});
