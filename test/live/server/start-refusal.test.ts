// What the server does not start with, as an operator sees it: exit code and one message with names and no values.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ConfigurationError, loadConfiguration } from '../../../src/config/load-configuration.ts';
import { ServerUnderTest } from '../../support/server-under-test.ts';

/** Stands in every value that must not be printed. */
const MARK = 'Zq9vTxR2';

const SOUND = {
  NODE_ENV: 'production',
  JWT_SECRET: randomBytes(64).toString('base64url'),
  SECRETS_KEYS: `k1:${randomBytes(32).toString('base64')}`,
  DATABASE_URL: `postgresql://voiceassist:${randomBytes(12).toString('hex')}@127.0.0.1:9/voiceassist`,
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Starts the server and returns the one line that it ends with. */
async function refusal(env: Environment): Promise<string> {
  const server = await ServerUnderTest.spawn({ env: { ...SOUND, ...env } });
  expect(await server.ended).toEqual({ code: 1, signal: null });
  const lines = server.output.trim().split('\n');
  expect(lines).toHaveLength(1);
  return lines[0] ?? '';
}

function problemsOf(env: Environment): string {
  try {
    loadConfiguration({ ...SOUND, ...env });
    return '';
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
}

describe('the start of a production server', () => {
  it.each([
    ['that is unset', undefined, 'is required'],
    ['of less than 32 bytes', `${MARK}-short`, 'at least 32 bytes'],
    ['from an example', `your-secret-key-change-in-production-${MARK}`, 'placeholder'],
  ])('S13 is refused with a JWT_SECRET %s, in one line without the value', async (_name, JWT_SECRET, rule) => {
    const line = await refusal({ JWT_SECRET });
    expect(line).toContain('JWT_SECRET');
    expect(line).toContain(rule);
    expect(line).not.toContain(MARK);
  });

  it('S13 is refused with SECRETS_KEYS that are no keys, in one line without the value', async () => {
    const line = await refusal({ SECRETS_KEYS: `k1:${MARK}` });
    expect(line).toContain('SECRETS_KEYS');
    expect(line).not.toContain(MARK);
  });

  it('X-ops1 names every broken variable at once and prints none of the values', async () => {
    const broken = {
      PORT: `80${MARK}`,
      JWT_ALGORITHM: `none${MARK}`,
      CORS_ORIGINS: `https://*.${MARK}.example`,
      NEXTCLOUD_URL: `ftp://cloud.${MARK}.example`,
      TRUSTED_PROXIES: `proxy.${MARK}.example`,
      DATABASE_POOL_SIZE: `-${MARK}`,
      INITIAL_ADMIN_EMAIL: `not an address ${MARK}`,
      LOG_LEVEL: `loud${MARK}`,
    };
    const line = await refusal(broken);
    for (const name of Object.keys(broken)) expect(line).toContain(name);
    expect(line).not.toContain(MARK);
  });
});

describe('the configuration of production', () => {
  it('is accepted when it is sound', () => {
    expect(problemsOf({})).toBe('');
  });

  it.each([
    ['JWT_SECRET', { JWT_ALGORITHM: 'HS512', JWT_SECRET: MARK.repeat(7) }],
    ['SECRETS_KEYS', { SECRETS_KEYS: undefined }],
    ['SECRETS_KEYS', { SECRETS_KEYS: `${SOUND.SECRETS_KEYS},k2:${MARK}` }],
    ['DATABASE_URL', { DATABASE_URL: undefined }],
    ['NEXTCLOUD_URL', { NEXTCLOUD_URL: `http://cloud.${MARK.toLowerCase()}.example` }],
    ['INITIAL_ADMIN_PASSWORD', { INITIAL_ADMIN_EMAIL: 'a@clinic.example' }],
  ])('S13 is refused for %s (%#)', (name, env) => {
    const message = problemsOf(env);
    expect(message).toContain(name);
    expect(message).not.toMatch(new RegExp(MARK, 'i'));
  });

  it.each(['nextcloud_dev_password', 'admin_dev_password', '<password>', 'changeme', 'change-this-password'])(
    'S63 is refused with the example secret %s wherever it stands',
    (example) => {
      const message = problemsOf({
        JWT_SECRET: example.padEnd(64, '-'),
        DATABASE_URL: `postgresql://voiceassist:${encodeURIComponent(example)}@db/voiceassist`,
        REDIS_URL: `redis://:${encodeURIComponent(example)}@redis:6379`,
        NEXTCLOUD_ADMIN_USER: 'service',
        NEXTCLOUD_ADMIN_PASSWORD: example,
      });
      for (const name of ['JWT_SECRET', 'DATABASE_URL', 'REDIS_URL', 'NEXTCLOUD_ADMIN_PASSWORD']) {
        expect(message).toContain(`${name} must not be a placeholder`);
      }
      expect(message).not.toContain(example);
    },
  );

  it('S63 is refused with the values of the example file as they are', () => {
    const example = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
    const values = [...example.matchAll(/^#? ?([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]);
    expect(values.length).toBeGreaterThan(20);
    // The issuers it would name have no variables of their own there: OIDC_<NAME>_... stands for each.
    values.push(['OIDC_PROVIDERS', '']);
    const message = problemsOf({ ...(Object.fromEntries(values) as Environment), NODE_ENV: 'production' });
    expect(message).toContain('JWT_KEYS must not be a placeholder');
  });
});
