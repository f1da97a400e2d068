// The providers of single sign-on as the environment names them, in the seeds' spellings and in ours.
import { describe, expect, it } from '@jest/globals';
import { loadConfiguration } from '../../../src/config/load-configuration.ts';
import { ssoProviders, type ProviderSettings } from '../../../src/config/sso-providers.ts';

const providers = (environment: Record<string, string>): readonly ProviderSettings[] =>
  ssoProviders(loadConfiguration(environment));
const SECRET = 'a long secret of a client, 0123456789';
const NEXTCLOUD = { NEXTCLOUD_URL: 'http://localhost:8080' };
const PRODUCTION = {
  NODE_ENV: 'production',
  JWT_SECRET: 'k'.repeat(48),
  SECRETS_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
  ALLOW_EMBEDDED_DATABASE: 'true',
};

describe('providers', () => {
  it('are none without a client id', () => {
    expect(providers(NEXTCLOUD)).toEqual([]);
  });

  it.each(['NEXTCLOUD', 'NEXTCLOUD_OAUTH'])(
    "read the seeds' names %s_CLIENT_ID, _CLIENT_SECRET and _REDIRECT_URI",
    (prefix) => {
      const [nextcloud] = providers({
        ...NEXTCLOUD,
        [`${prefix}_CLIENT_ID`]: 'id',
        [`${prefix}_CLIENT_SECRET`]: SECRET,
        [`${prefix}_REDIRECT_URI`]: 'http://localhost:8000/auth/callback',
      });
      expect(nextcloud).toMatchObject({
        id: 'nextcloud',
        kind: 'oidc',
        issuer: 'http://localhost:8080',
        clientId: 'id',
        redirectUri: 'http://localhost:8000/auth/callback',
        provesAddresses: false,
        allowsHs256: false,
      });
    },
  );

  it('take the issuer apart from the address, and the built-in app when asked to', () => {
    const client = { ...NEXTCLOUD, NEXTCLOUD_CLIENT_ID: 'id', NEXTCLOUD_CLIENT_SECRET: SECRET };
    expect(providers({ ...client, NEXTCLOUD_OIDC_ISSUER: 'http://issuer.example' })[0]?.issuer).toBe(
      'http://issuer.example',
    );
    const [plain] = providers({ ...client, NEXTCLOUD_SSO: 'oauth2' });
    expect([plain?.id, plain?.kind]).toEqual(['nextcloud-oauth2', 'nextcloud-oauth2']);
  });

  it('X-auth5: know Microsoft only with one tenant, and never believe its addresses', () => {
    const client = { MICROSOFT_CLIENT_ID: 'id', MICROSOFT_CLIENT_SECRET: SECRET };
    for (const tenant of ['common', 'organizations', 'consumers', 'clinic.onmicrosoft.com', '']) {
      expect(() => providers({ ...client, MICROSOFT_TENANT_ID: tenant })).toThrow('MICROSOFT_TENANT_ID');
    }
    const tenant = '3F1C2B1E-0000-4000-8000-5B7D0D6A1C11';
    expect(providers({ ...client, MICROSOFT_TENANT_ID: tenant })[0]).toMatchObject({
      issuer: `https://login.microsoftonline.com/${tenant.toLowerCase()}/v2.0`,
      provesAddresses: false,
    });
  });

  it('are any number of issuers by name', () => {
    const found = providers({
      GOOGLE_OAUTH_CLIENT_ID: 'g',
      GOOGLE_OAUTH_CLIENT_SECRET: SECRET,
      OIDC_PROVIDERS: 'keycloak, clinic-idp',
      OIDC_KEYCLOAK_ISSUER: 'https://one.example/realms/a',
      OIDC_KEYCLOAK_CLIENT_ID: 'k',
      OIDC_KEYCLOAK_CLIENT_SECRET: SECRET,
      OIDC_CLINIC_IDP_ISSUER: 'https://two.example',
      OIDC_CLINIC_IDP_CLIENT_ID: 'c',
      OIDC_CLINIC_IDP_CLIENT_SECRET: SECRET,
      OIDC_CLINIC_IDP_LABEL: 'Clinic',
      OIDC_CLINIC_IDP_SCOPES: 'email,groups',
      OIDC_CLINIC_IDP_ADMIN_GROUPS: 'admins',
      OIDC_CLINIC_IDP_GROUPS_CLAIM: 'roles',
    });
    expect(found.map(({ id, label }) => [id, label])).toEqual([
      ['google', 'Google'],
      ['keycloak', 'keycloak'],
      ['clinic-idp', 'Clinic'],
    ]);
    expect(found[2]).toMatchObject({ scopes: ['email', 'groups'], adminGroups: ['admins'], groupsClaim: 'roles' });
    expect(found[2]?.redirectUri).toBe('http://localhost:8000/api/auth/oidc/clinic-idp/callback');
  });

  const BROKEN: readonly [string, Record<string, string>, string][] = [
    ['an id without its secret', { GOOGLE_CLIENT_ID: 'g' }, 'GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET go together'],
    ['a name without its variables', { OIDC_PROVIDERS: 'a' }, 'OIDC_A_ISSUER'],
    ['a name that is taken', issuerNamed('google'), 'OIDC_PROVIDERS must list each name once'],
    ['a name in capitals', { OIDC_PROVIDERS: 'Keycloak' }, 'OIDC_PROVIDERS must list names'],
    ['an issuer with credentials', { ...issuerNamed('a'), OIDC_A_ISSUER: 'https://u:p@x.example' }, 'OIDC_A_ISSUER'],
    ['a default that is off', { ...issuerNamed('a'), OIDC_DEFAULT_PROVIDER: 'b' }, 'OIDC_DEFAULT_PROVIDER'],
    ['Nextcloud without an address', { NEXTCLOUD_CLIENT_ID: 'a', NEXTCLOUD_CLIENT_SECRET: SECRET }, 'NEXTCLOUD_URL'],
  ];

  it.each(BROKEN)('%s refuse the start, by name and without the value', (_, environment, rule) => {
    const start = (): unknown => providers(environment);
    expect(start).toThrow(rule);
    expect(start).not.toThrow(SECRET);
  });

  it('are behind https in production, redirect URI included, and have no example secrets', () => {
    const issuer = issuerNamed('a');
    const secure = { ...PRODUCTION, ...issuer, PUBLIC_URL: 'https://api.clinic.example' };
    expect(providers(secure)).toHaveLength(1);
    expect(() => providers({ ...secure, OIDC_A_ISSUER: 'http://issuer.clinic' })).toThrow(
      'OIDC_A_ISSUER must be https',
    );
    expect(() => providers({ ...PRODUCTION, ...issuer })).toThrow('redirect URI of a must be https');
    expect(() => providers({ ...secure, OIDC_A_CLIENT_SECRET: 'change-me' })).toThrow('OIDC_A_CLIENT_SECRET');
  });
});

function issuerNamed(name: string): Record<string, string> {
  const prefix = `OIDC_${name.toUpperCase()}`;
  return {
    OIDC_PROVIDERS: name,
    [`${prefix}_ISSUER`]: 'https://issuer.clinic',
    [`${prefix}_CLIENT_ID`]: 'id',
    [`${prefix}_CLIENT_SECRET`]: SECRET,
  };
}
