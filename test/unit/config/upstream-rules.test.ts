// What would let somebody between this server and the servers it asks (seed rows N10, N11, bar S38).
import { describe, expect, it } from '@jest/globals';
import { loadConfiguration } from '../../../src/config/load-configuration.ts';

const KEY = Buffer.alloc(32, 9).toString('base64');
const PIN = `sha256/${KEY}`;
const PRODUCTION = {
  NODE_ENV: 'production',
  JWT_SECRET: 'k7Gq2vX9sB4nM1zR8wT5yU3eP6aD0fHj',
  SECRETS_KEYS: `k1:${KEY}`,
  DATABASE_URL: 'postgresql://va:s3cr3t-of-the-db@db/va',
};
const load = (environment: Record<string, string>) => () => loadConfiguration(environment);

describe('N10: production', () => {
  it.each([
    ['NEXTCLOUD_URL', { NEXTCLOUD_URL: 'http://cloud.clinic.test' }, { NEXTCLOUD_ALLOW_HTTP: 'true' }],
    ['QDRANT_URL', { QDRANT_URL: 'http://qdrant:6333' }, { QDRANT_ALLOW_HTTP: 'true' }],
  ])('refuses http for %s unless the network is declared to be private', (name, http, allowed) => {
    const environment = { ...PRODUCTION, ...http } as Record<string, string>;
    expect(load(environment)).toThrow(`${name} must be https in production`);
    expect(load({ ...environment, ...(allowed as Record<string, string>) })).not.toThrow();
    expect(load({ ...environment, NODE_ENV: 'development' })).not.toThrow();
    expect(load({ ...environment, [name]: (environment[name] ?? '').replace('http:', 'https:') })).not.toThrow();
  });

  it('refuses http for the issuer of a single sign-on', () => {
    const issuer = {
      PUBLIC_URL: 'https://api.clinic.test',
      OIDC_PROVIDERS: 'clinic',
      OIDC_CLINIC_ISSUER: 'http://idp.clinic.test',
      OIDC_CLINIC_CLIENT_ID: 'voiceassist',
      OIDC_CLINIC_CLIENT_SECRET: 'a-long-value-of-the-idp',
    };
    expect(load({ ...PRODUCTION, ...issuer })).toThrow('OIDC_CLINIC_ISSUER must be https in production');
  });

  it('S38: refuses the switch of Node that would turn verification off', () => {
    expect(load({ ...PRODUCTION, NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toThrow('NODE_TLS_REJECT_UNAUTHORIZED');
    expect(load({ ...PRODUCTION, NODE_TLS_REJECT_UNAUTHORIZED: '1' })).not.toThrow();
  });

  it('N11: refuses a pin for a server that is asked over http, where it could not be looked at', () => {
    const plain = { NEXTCLOUD_URL: 'http://nextcloud:80', NEXTCLOUD_ALLOW_HTTP: 'true' };
    expect(load({ ...PRODUCTION, ...plain, OUTBOUND_PINS: `nextcloud=${PIN}` })).toThrow('OUTBOUND_PINS');
    expect(load({ ...PRODUCTION, ...plain, OUTBOUND_PINS: `other.test=${PIN}` })).not.toThrow();
  });
});

describe('N11: OUTBOUND_PINS', () => {
  it.each([`cloud.clinic.test=${PIN}`, `cloud.clinic.test:8443=${PIN},[2001:db8::1]:443=${PIN}`])(
    'takes %s',
    (value) => {
      expect(load({ OUTBOUND_PINS: value })).not.toThrow();
    },
  );

  it.each(['cloud.clinic.test', `=${PIN}`, 'cloud=sha256/short=', `cloud=sha1/${KEY}`, `https://cloud=${PIN}`])(
    'refuses %s at the start',
    (value) => {
      expect(load({ OUTBOUND_PINS: value })).toThrow('OUTBOUND_PINS');
    },
  );
});

describe('N12: the keys of signed requests', () => {
  it.each([
    ['a short key', 'REQUEST_SIGNING_KEYS', `k1:${Buffer.alloc(31).toString('base64')}`],
    ['no id', 'REQUEST_SIGNING_KEYS', KEY],
    ['the same id twice', 'REQUEST_SIGNING_KEYS', `k1:${KEY},k1:${KEY}`],
    ['an unknown mark', 'REQUEST_SIGNING_KEYS', `k1:${KEY}:admin`],
    ['a short secret', 'NEXTCLOUD_WEBHOOK_SECRET', 'x'.repeat(31)],
  ])('are refused at the start with %s, without showing the value', (_, name, value) => {
    expect(load({ [name]: value })).toThrow(name);
    expect(load({ [name]: value })).not.toThrow(value);
  });

  it('are taken with one key or several, also for webhooks only', () => {
    expect(load({ REQUEST_SIGNING_KEYS: `k1:${KEY}, k2:${KEY}:webhooks` })).not.toThrow();
  });
});
