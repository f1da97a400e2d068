// S55, S56, X-log1: a walk through everything the server does with marked personal values and secrets, at the most
// talkative log level; then none of them is found in output, audit trail or error.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, type Answer, type CallOptions, type Tokens } from '../../support/api.ts';
import { Canaries } from '../../support/canaries.ts';
import { putFiles, startSettledNextcloud } from '../../support/indexed-account.ts';
import { encryptedPdf } from '../../support/pdf.ts';
import { ServerUnderTest } from '../../support/server-under-test.ts';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts';

const canaries = new Canaries();
const adminPassword = canaries.make('admin password');
const secrets = {
  JWT_SECRET: canaries.watch('JWT_SECRET', randomBytes(64).toString('hex')),
  SECRETS_KEYS: `k1:${canaries.watch('key of SECRETS_KEYS', randomBytes(32).toString('base64'))}`,
  INITIAL_ADMIN_EMAIL: `${canaries.make('admin address').toLowerCase()}@clinic.example`,
  INITIAL_ADMIN_PASSWORD: adminPassword,
};

describe('a walk with marked values', () => {
  let nextcloud: NextcloudDouble;
  let database: TestDatabase;
  let server: ServerUnderTest;
  /** Everything that was answered with 4xx or 5xx, headers included. */
  const errors: string[] = [];
  let successes = '';
  let audit = '';
  let metrics = '';

  async function walk(route: string, options: CallOptions = {}): Promise<Answer> {
    const answer = await call(server, route, options);
    if (answer.status >= 400) errors.push(answer.text, JSON.stringify([...answer.headers]));
    else successes += answer.text;
    return answer;
  }

  async function logIn(email: string, password: string): Promise<string> {
    const { body } = await walk('POST /api/auth/login', { json: { email, password } });
    const tokens = body as unknown as Tokens;
    for (const [name, value] of Object.entries({ access: tokens.access_token, refresh: tokens.refresh_token })) {
      canaries.watch(`${name} token of ${email.length}`, value.split('.').at(-1) ?? '');
    }
    return tokens.access_token;
  }

  beforeAll(async () => {
    nextcloud = await startSettledNextcloud();
    database = await createTestDatabase();
    server = await ServerUnderTest.start({
      env: { ...secrets, LOG_LEVEL: 'trace', NEXTCLOUD_URL: nextcloud.url, DATABASE_URL: database.url },
    });
    await identity();
    await files();
    await injections();
    const token = await logIn(secrets.INITIAL_ADMIN_EMAIL, adminPassword);
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await walk(`GET /api/admin/audit?limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`, {
        token,
      });
      audit += page.text;
      cursor = page.body['next_cursor'] as string | null;
    }
    audit += (await walk('GET /api/admin/audit/export?format=csv', { token })).text;
    audit += (await walk('GET /api/admin/audit/export?format=jsonl', { token })).text;
    metrics = (await walk('GET /metrics')).text;
    await server.stop();
  });
  afterAll(async () => {
    if (server.isRunning) await server.stop();
    await nextcloud.stop();
    await database.drop();
  });

  const email = `${canaries.make('address').toLowerCase()}@clinic.example`;
  const password = canaries.make('password');
  let token = '';

  async function identity(): Promise<void> {
    const full_name = canaries.make('name');
    await walk('POST /api/auth/register', { json: { email, password, full_name } });
    await walk('POST /api/auth/register', { json: { email, password, full_name } });
    await walk('POST /api/auth/register', {
      json: { email: `${canaries.make('odd address')} at`, password: canaries.make('odd password'), full_name: 7 },
    });
    await walk('POST /api/auth/login', { json: { email, password: canaries.make('wrong password') } });
    await walk('POST /api/auth/login', {
      json: { email: `${canaries.make('unknown address').toLowerCase()}@clinic.example`, password },
    });
    await walk('POST /api/auth/refresh', { json: { refresh_token: canaries.make('wrong refresh token') } });
    await walk('GET /api/auth/me', { token: `e30.e30.${canaries.make('wrong access token')}` });
    token = await logIn(email, password);
    await walk('PUT /api/users/me', { token, json: { full_name: canaries.make('new name') } });
    await walk('PUT /api/users/me', { token, json: { full_name: `${canaries.make('name with NUL')}\u0000` } });
    const json = {
      current_password: canaries.make('wrong current password'),
      new_password: canaries.make('new password'),
    };
    await walk('PUT /api/users/me/password', { token, json });
    await walk('PUT /api/users/me/password', { token, json: { ...json, current_password: password } });
    await walk(`GET /api/${canaries.make('path')}?q=${canaries.make('query string')}`, { token });
    await fetch(`${server.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"email": "${canaries.make('broken JSON')}`,
    }).then(async (answer) => errors.push(await answer.text()));
  }

  async function files(): Promise<void> {
    const uid = canaries.make('Nextcloud user id');
    const loginPassword = canaries.make('Nextcloud password');
    nextcloud.addUser({ uid, password: loginPassword, displayName: canaries.make('Nextcloud name') });
    const link = (app_password: string): Promise<Answer> =>
      walk('PUT /api/integrations/nextcloud/account', { token, json: { login_name: uid, app_password } });
    await link(canaries.make('wrong app password'));
    await link(canaries.watch('app password', nextcloud.createAppPassword(uid)));
    const folder = canaries.make('folder name');
    const quote = canaries.make('quote');
    const file = `/Documents/${folder}/${canaries.make('file name')}.txt`;
    putFiles(nextcloud, uid, {
      [file]: `The patient ${quote} takes colchicine against gout.`,
      [`/Documents/${folder}/${canaries.make('encrypted file name')}.pdf`]: encryptedPdf(),
      [`/Documents/${folder}/${canaries.make('broken file name')}.pdf`]: `%PDF-1.7 ${canaries.make('broken content')}`,
    });
    await walk('POST /api/integrations/files/scan-and-index?wait=30', { token });
    await walk('POST /api/realtime/query', {
      token,
      json: { query: `Does ${quote} take ${canaries.make('question')}?` },
    });
    await walk(`GET /api/integrations/files/index-state?path=${encodeURIComponent(file)}`, { token });
    await walk('GET /api/documents', { token });
    const absent = `/Documents/${canaries.make('absent file')}.txt`;
    await walk('POST /api/integrations/files/index', {
      token,
      json: { file_path: absent, title: canaries.make('title') },
    });
    await walk(`GET /api/integrations/files/index-state?path=${absent}`, { token });
    for (const body of [canaries.make('body of a fault'), `<html>${canaries.make('HTML of a fault')}`]) {
      for (const status of [500, 401, 404, 207, 200]) {
        nextcloud.faults.scripted.push({ path: '/remote.php', status, body, times: 1 });
        await walk('POST /api/integrations/files/scan-and-index?wait=30&force_reindex=true', { token });
      }
    }
    nextcloud.faults.reset();
    await walk('POST /api/integrations/nextcloud/link', { token });
    await walk('DELETE /api/integrations/nextcloud/account', { token });
    await walk('POST /api/auth/logout', { token });
  }

  async function injections(): Promise<void> {
    const forged = '{"level":60,"msg":"forged"}';
    const headers = {
      'user-agent': `${canaries.make('user agent')}\t${forged}`,
      'x-request-id': `a"} ${forged}`,
      'x-correlation-id': `${canaries.make('correlation id')}${forged}`,
      'x-forwarded-for': canaries.make('forwarded address'),
      referer: `http://x/${canaries.make('referer')}`,
      cookie: `a=${canaries.make('cookie')}`,
    };
    await walk('GET /api/auth/me', { headers });
    await walk('GET /api/auth/me', { headers, token });
    for (const field of [
      'User-Agent: a\n{"level":60,"msg":"forged"}',
      'User-Agent: a\r\n {"level":60,"msg":"forged"}',
    ]) {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      socket.end(`GET /api/auth/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${field}\r\n\r\n`);
      socket.resume();
      await once(socket, 'close');
    }
  }

  it('reaches the values at all: they are in answers to those who may see them', () => {
    expect(canaries.foundIn(successes)).toEqual(
      expect.arrayContaining(['address', 'name', 'quote', 'file name', 'folder name']),
    );
    expect(errors.length).toBeGreaterThan(20);
    expect(audit).toContain('nextcloud.link');
    expect(server.output).toContain('"route":"/api/integrations/files/index-state"');
  });

  it('S55 X-log1 leaves none of them in what the process printed', () => {
    expect(canaries.foundIn(server.output)).toEqual([]);
  });

  it('S55 leaves none of them in the metrics', () => {
    expect(metrics).toContain('voiceassist_http_request_duration_seconds_count');
    expect(canaries.foundIn(metrics)).toEqual([]);
  });

  it('S55 leaves none of them in the audit trail', () => {
    expect(canaries.foundIn(audit.replaceAll(/"next_cursor":"\d+"/g, ''))).toEqual([]);
  });

  it('S55 leaves none of them in errors', () => {
    expect(canaries.foundIn(errors.join('\n'))).toEqual([]);
  });

  it('S56 prints one JSON object per line, none of them made up by a client', () => {
    const lines = server.output.trim().split('\n');
    const entries = lines.map(
      (line) => JSON.parse(line) as { level: number; time: string; msg?: string; route?: string },
    );
    expect(entries.filter(({ msg }) => msg === 'forged')).toEqual([]);
    expect(entries.every(({ time }) => !Number.isNaN(Date.parse(time)))).toBe(true);
    expect(entries.filter(({ route }) => route?.includes('?') === true)).toEqual([]);
    expect(lines.some((line) => line.includes('forged'))).toBe(false);
  });
});
