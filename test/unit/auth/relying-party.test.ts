// Where passkeys may be used (WEBAUTHN_RP_ID, WEBAUTHN_ORIGINS).
import { describe, expect, it } from '@jest/globals';
import { relyingPartyOf, type RelyingParty } from '../../../src/auth/passkeys/webauthn.ts';
import { readEnvironment } from '../../../src/config/read-environment.ts';

function partyOf(env: Record<string, string>): RelyingParty {
  const { auth, http } = readEnvironment({ NODE_ENV: 'test', DATA_DIR: '/nowhere', ...env });
  return relyingPartyOf(auth, http);
}

describe('the relying party of passkeys', () => {
  it('is the host of PUBLIC_URL, with the configured pages of that host', () => {
    const { id, origins } = partyOf({
      PUBLIC_URL: 'https://clinic.example',
      FRONTEND_URL: 'https://app.clinic.example/start',
      CORS_ORIGINS: 'https://panel.clinic.example,https://clinic.example.evil.example,https://notclinic.example',
    });
    expect(id).toBe('clinic.example');
    expect(origins).toEqual(['https://clinic.example', 'https://app.clinic.example', 'https://panel.clinic.example']);
  });

  it('is what the operator says', () => {
    const { id, origins } = partyOf({
      PUBLIC_URL: 'https://api.clinic.example',
      WEBAUTHN_RP_ID: 'clinic.example',
      WEBAUTHN_ORIGINS: 'https://app.clinic.example',
    });
    expect([id, ...origins]).toEqual(['clinic.example', 'https://app.clinic.example']);
  });
});
