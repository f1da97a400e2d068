// What an operator is told of mistakes in the environment.
import { describe, expect, it } from '@jest/globals';
import { loadConfiguration, type ConfigurationError } from '../../../src/config/load-configuration.ts';
import { findMisspelt } from '../../../src/config/misspelt-variables.ts';

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    loadConfiguration(environment);
    return [];
  } catch (error) {
    return (error as ConfigurationError).problems;
  }
}

describe('F18 a mistake in the environment', () => {
  it.each([
    ['PORT', '80oo', /^PORT must be an integer number$/],
    ['PORT', '70000', /^PORT must not be greater than 65535$/],
    ['PROCESS_ROLE', 'both', /^PROCESS_ROLE must be one of/],
    ['SWAGGER_ENABLED', 'maybe', /^SWAGGER_ENABLED must be a boolean value$/],
  ])('is told once: %s=%s', (name, value, message) => {
    expect(problemsOf({ [name]: value })).toEqual([expect.stringMatching(message)]);
  });

  it('does not hide another one, whichever kind of rule it breaks', () => {
    const problems = problemsOf({
      NODE_ENV: 'production',
      PORT: '80oo',
      RATE_LIMIT_LOGIN_PER_MINUTE: '0',
      METRICS_TOKEN: 'short',
      EMAIL_USERNAME: 'ana',
      NEXTCLOUD_URL: 'http://cloud.clinic.example',
    });
    for (const name of ['PORT', 'RATE_LIMIT_LOGIN_PER_MINUTE', 'METRICS_TOKEN', 'EMAIL_USERNAME', 'NEXTCLOUD_URL']) {
      expect(problems.filter((problem) => problem.includes(name))).toHaveLength(1);
    }
    expect(problems.join(' ')).toContain('JWT_SECRET or JWT_KEYS is required in production');
  });

  it('is told by its own rule alone, not by what its default would break', () => {
    const problems = problemsOf({ NODE_ENV: 'production', BCRYPT_ROUNDS: 'many' });
    expect(problems.filter((problem) => problem.includes('BCRYPT_ROUNDS'))).toHaveLength(1);
  });
});

describe('F18 a misspelt variable', () => {
  it.each([
    ['RATE_LIMT_LOGIN', 'RATE_LIMIT_LOGIN_PER_MINUTE'],
    ['RATE_LIMIT_LOGIN_PER_MINUT', 'RATE_LIMIT_LOGIN_PER_MINUTE'],
    ['NEXTCLOUD_ULR', 'NEXTCLOUD_URL'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['PORTS', 'PORT'],
  ])('%s is noticed, and %s is offered', (name, meant) => {
    expect(findMisspelt({ [name]: 'x' })).toEqual([{ name, meant: expect.arrayContaining([meant]) }]);
  });

  it('is none that other programs read, and none of ours', () => {
    const others = [
      'PATH',
      'HOME',
      'HOSTNAME',
      'LANG',
      'PWD',
      'SHELL',
      'NODE_OPTIONS',
      'NODE_PATH',
      'POSTGRES_USER',
      'PGHOST',
    ];
    expect(findMisspelt(Object.fromEntries(others.map((name) => [name, 'x'])))).toEqual([]);
    expect(findMisspelt({ PORT: '1', OIDC_CLINIC_ISSUER: 'x', REDIS_URL: 'y' })).toEqual([]);
  });
});
