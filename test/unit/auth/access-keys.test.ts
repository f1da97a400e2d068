// Several signing keys: which one signs, which verify, and what a list of them must look like (S13, S14).
import { describe, expect, it } from '@jest/globals';
import { AccessKeys } from '../../../src/auth/sessions/access-keys.ts';
import { AuthConfig } from '../../../src/config/auth.config.ts';
import { derivedKid } from '../../../src/config/jwt-keys.ts';
import { ConfigurationError, loadConfiguration } from '../../../src/config/load-configuration.ts';

const OLD = 'o'.repeat(64);
const NEW = 'n'.repeat(64);
const MARK = 'Zq9vTxR2';

function keysOf(environment: Record<string, string>): AccessKeys {
  return new AccessKeys(loadConfiguration(environment).auth);
}

function tokenWith(header: unknown): string {
  return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.e30.AAAA`;
}

function problemsOf(environment: Record<string, string>): string {
  try {
    loadConfiguration(environment);
    return '';
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
}

describe('AccessKeys', () => {
  it('S14 signs with the first of JWT_KEYS and verifies with all', () => {
    const keys = keysOf({ JWT_KEYS: `k2:${NEW}, k1:${OLD}` });
    expect(keys.currentId).toBe('k2');
    expect(keys.current.export().toString()).toBe(NEW);
    expect(
      keys
        .findFor(tokenWith({ kid: 'k1' }))
        ?.export()
        .toString(),
    ).toBe(OLD);
    expect(keys.findFor(tokenWith({ kid: 'k2' }))).toBe(keys.current);
    expect(keys.findFor(tokenWith({ kid: 'k3' }))).toBeUndefined();
  });

  it('S14 goes on verifying with JWT_SECRET beside JWT_KEYS, under the name it had alone', () => {
    const alone = keysOf({ JWT_SECRET: OLD });
    const both = keysOf({ JWT_SECRET: OLD, JWT_KEYS: `k2:${NEW}` });
    expect(alone.currentId).toBe(derivedKid(OLD));
    expect(both.currentId).toBe('k2');
    expect(
      both
        .findFor(tokenWith({ kid: alone.currentId }))
        ?.export()
        .toString(),
    ).toBe(OLD);
  });

  it('names a key without telling it', () => {
    expect(derivedKid(OLD)).toMatch(/^[\w-]{16}$/);
    expect(derivedKid(OLD)).not.toBe(derivedKid(NEW));
  });

  it('S12 finds no key for a token whose header is no JSON, no object or has a kid that is no text', () => {
    const keys = keysOf({ JWT_KEYS: `k1:${OLD}` });
    const tokens = [
      '',
      '.',
      'abc',
      '%%%.e30.A',
      tokenWith(null),
      tokenWith('k1'),
      tokenWith({ kid: ['k1'] }),
      tokenWith({}),
    ];
    expect(tokens.map((token) => keys.findFor(token))).toEqual(tokens.map(() => undefined));
  });

  it('cannot be made without a key', () => {
    expect(() => new AccessKeys(new AuthConfig())).toThrow('not set');
  });
});

describe('JWT_KEYS', () => {
  it.each([
    ['no kid', `${MARK}${NEW}`, 'kid:secret'],
    ['an empty kid', `:${MARK}${NEW}`, 'kid:secret'],
    ['a kid with a dot', `a.b:${MARK}${NEW}`, 'kid:secret'],
    ['a secret with a blank', `k1:${MARK} ${NEW}`, 'kid:secret'],
    ['an entry that is empty', `k1:${MARK}${NEW},`, 'kid:secret'],
    ['a kid twice', `k1:${MARK}${NEW},k1:${OLD}`, 'twice'],
    ['a short secret behind a good one', `k1:${NEW},k0:${MARK}`, 'at least 32 bytes'],
  ])('S13 is refused with %s, without its values', (_, JWT_KEYS, rule) => {
    const problems = problemsOf({ JWT_KEYS });
    expect(problems).toContain('JWT_KEYS');
    expect(problems).toContain(rule);
    expect(problems).not.toContain(MARK);
  });

  it.each(['change-me', 'your-secret', 'secret', '<48 bytes>'])(
    'S13 S63 is refused in production with the placeholder %s among sound ones',
    (placeholder) => {
      const JWT_KEYS = `k2:${NEW},k1:${`${placeholder}${MARK}`.padEnd(64, 'x').replaceAll(' ', '-')}`;
      const problems = problemsOf({ NODE_ENV: 'production', JWT_KEYS });
      expect(problems).toContain('JWT_KEYS must not be a placeholder');
      expect(problems).not.toContain(MARK);
    },
  );

  it('S13 asks production for JWT_SECRET or JWT_KEYS, and takes either', () => {
    expect(problemsOf({ NODE_ENV: 'production' })).toContain('JWT_SECRET or JWT_KEYS is required');
    expect(problemsOf({ NODE_ENV: 'production', JWT_KEYS: `k1:${NEW}` })).not.toContain('JWT_');
    expect(problemsOf({ NODE_ENV: 'production', JWT_SECRET: NEW })).not.toContain('JWT_');
  });
});
