// Codes and links travel to these URLs: in production never in the clear.
import { describe, expect, it } from '@jest/globals';
import { loadConfiguration } from '../../../src/config/load-configuration.ts';

const PRODUCTION = {
  NODE_ENV: 'production',
  ALLOW_EMBEDDED_DATABASE: 'true',
  JWT_SECRET: 'k'.repeat(64),
  SECRETS_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
};

describe.each(['PUBLIC_URL', 'FRONTEND_URL'])('%s', (name) => {
  it('must be https in production, and may be http elsewhere', () => {
    const [http, https] = [{ [name]: 'http://app.clinic.example' }, { [name]: 'https://app.clinic.example' }];
    expect(() => loadConfiguration({ ...PRODUCTION, ...http })).toThrow(`${name} must be https in production`);
    expect(() => loadConfiguration({ ...PRODUCTION, ...https })).not.toThrow();
    expect(() => loadConfiguration(http)).not.toThrow();
  });
});
