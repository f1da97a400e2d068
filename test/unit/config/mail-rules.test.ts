// What of the mail settings refuses the start (bars S38, S39).
import { describe, expect, it } from '@jest/globals';
import { ConfigurationError, loadConfiguration } from '../../../src/config/load-configuration.ts';

const RELAY = { EMAIL_SMTP_HOST: 'smtp.clinic.example', EMAIL_FROM: 'va@clinic.example' };
const LOGIN = { EMAIL_USERNAME: 'mailer', EMAIL_PASSWORD: 'kT7-relay-word' };
const PRODUCTION = {
  NODE_ENV: 'production',
  ALLOW_EMBEDDED_DATABASE: 'true',
  JWT_SECRET: 'k'.repeat(64),
  SECRETS_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
};

/** The names in the refusals; none when the settings are fine. */
function refusals(environment: Record<string, string>): string[] {
  try {
    loadConfiguration(environment);
    return [];
  } catch (error) {
    return (error as ConfigurationError).problems.filter((each) => each.includes('EMAIL_'));
  }
}

describe('mail settings', () => {
  it.each([
    ['nothing at all', {}],
    ['a relay', RELAY],
    ['a relay with a login', { ...RELAY, ...LOGIN }],
    ['TLS from the first byte', { ...RELAY, ...LOGIN, EMAIL_SMTP_PORT: '465', EMAIL_SMTP_SECURITY: 'tls' }],
    ['a relay on this host without TLS', { ...RELAY, EMAIL_SMTP_HOST: '127.0.0.1', EMAIL_SMTP_SECURITY: 'none' }],
  ])('are fine with %s, in production too', (_, environment) => {
    expect(refusals(environment)).toEqual([]);
    expect(refusals({ ...PRODUCTION, ...environment })).toEqual([]);
  });

  it.each([
    ['a login without a password', { ...RELAY, EMAIL_USERNAME: 'mailer' }, 'EMAIL_PASSWORD'],
    ['a relay without a sender', { EMAIL_SMTP_HOST: 'smtp.clinic.example' }, 'EMAIL_FROM'],
    ['S39 a password without TLS', { ...RELAY, ...LOGIN, EMAIL_SMTP_SECURITY: 'none' }, 'EMAIL_PASSWORD'],
    ['S39 STARTTLS on the port of implicit TLS', { ...RELAY, EMAIL_SMTP_PORT: '465' }, 'EMAIL_SMTP_PORT'],
    ['a sender that is no address', { ...RELAY, EMAIL_FROM: 'a@b.example\r\nBcc: c@d.example' }, 'EMAIL_FROM'],
    ['a host that is a URL', { ...RELAY, EMAIL_SMTP_HOST: 'smtp://relay/x' }, 'EMAIL_SMTP_HOST'],
  ])('refuse the start with %s, and name the variable', (_, environment, name) => {
    const found = refusals(environment);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(name);
  });

  it('refuse in production a relay elsewhere without TLS, verification without mail, and a placeholder', () => {
    expect(refusals({ ...PRODUCTION, ...RELAY, EMAIL_SMTP_SECURITY: 'none' })).toHaveLength(1);
    expect(refusals({ ...PRODUCTION, EMAIL_VERIFICATION: 'required' })).toHaveLength(1);
    expect(refusals({ ...PRODUCTION, ...RELAY, EMAIL_USERNAME: 'mailer', EMAIL_PASSWORD: 'changeme' })).toHaveLength(1);
  });
});
