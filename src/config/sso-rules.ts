import type { Configuration } from './configuration.ts';
import { familySpelling } from './variable.ts';
import type { Secret } from './secret.ts';
import { defaultProviderId, ssoProviders } from './sso-providers.ts';

/** Names that paths and the table of identities already give away. */
const TAKEN = new Set([
  'nextcloud',
  'nextcloud-oauth2',
  'google',
  'microsoft',
  'providers',
  'exchange',
  'link',
  'logout',
]);

/** Rules of single sign-on that concern more than one variable. @returns the broken ones in words */
export function brokenSsoRules(configuration: Configuration): string[] {
  const { sso, http, nextcloud } = configuration;
  const broken: string[] = [];
  const pairs = { NEXTCLOUD: 'nextcloud', GOOGLE: 'google', MICROSOFT: 'microsoft' } as const;
  for (const [name, property] of Object.entries(pairs)) {
    if ((sso[`${property}ClientId`] === undefined) !== (sso[`${property}ClientSecret`] === undefined)) {
      broken.push(`${name}_CLIENT_ID and ${name}_CLIENT_SECRET go together`);
    }
  }
  if (sso.microsoftClientId !== undefined && sso.microsoftTenantId === undefined) {
    broken.push('MICROSOFT_TENANT_ID is required with MICROSOFT_CLIENT_ID');
  }
  if (sso.nextcloudClientId !== undefined && nextcloud.url === undefined) {
    broken.push('NEXTCLOUD_URL is required with NEXTCLOUD_CLIENT_ID');
  }
  const spellings = sso.providerNames.map(familySpelling);
  if (new Set(spellings).size < spellings.length || sso.providerNames.some((name) => TAKEN.has(name))) {
    broken.push('OIDC_PROVIDERS must list each name once and none that this server uses itself');
  }
  const providers = ssoProviders(configuration);
  const wanted = defaultProviderId(configuration);
  if (wanted !== undefined && !providers.some(({ id }) => id === wanted)) {
    broken.push('OIDC_DEFAULT_PROVIDER must name a provider that is on');
  }
  return http.isProduction ? [...broken, ...brokenInProduction(configuration)] : broken;
}

/** Every secret of single sign-on by the name of its variable. */
export function ssoSecrets({ sso }: Configuration): Record<string, Secret | undefined> {
  return {
    NEXTCLOUD_CLIENT_SECRET: sso.nextcloudClientSecret,
    GOOGLE_CLIENT_SECRET: sso.googleClientSecret,
    MICROSOFT_CLIENT_SECRET: sso.microsoftClientSecret,
    ...Object.fromEntries(
      sso.issuers.map(({ clientSecret }, index) => [
        `OIDC_${familySpelling(sso.providerNames[index] ?? '')}_CLIENT_SECRET`,
        clientSecret,
      ]),
    ),
  };
}

function brokenInProduction(configuration: Configuration): string[] {
  const { nextcloud } = configuration;
  const broken: string[] = [];
  for (const { id, issuer, redirectUri } of ssoProviders(configuration)) {
    const isNextcloud = id.startsWith('nextcloud');
    const isAllowed = isNextcloud && nextcloud.allowHttp;
    if (issuer.startsWith('http:') && !isAllowed) {
      broken.push(
        `${isNextcloud ? 'NEXTCLOUD_OIDC_ISSUER' : `OIDC_${familySpelling(id)}_ISSUER`} must be https in production`,
      );
    }
    // A code that travels in the clear can be read by whoever is on the way (RFC 6749 section 3.1.2.1).
    if (redirectUri.startsWith('http:')) {
      broken.push(`the redirect URI of ${id} must be https in production: set PUBLIC_URL`);
    }
  }
  return broken;
}
