import type { HttpConfig } from './http.config.ts';
import type { NextcloudConfig } from './nextcloud.config.ts';
import type { Secret } from './secret.ts';
import type { SsoConfig } from './sso.config.ts';

/** One provider of single sign-on as it is configured. */
export interface ProviderSettings {
  /** Name in paths and in the database. */
  readonly id: string;
  /** Name on login pages. */
  readonly label: string;
  /** `oidc`: OpenID Connect Core 1.0; `nextcloud-oauth2`: plain OAuth 2.0 of Nextcloud. */
  readonly kind: 'oidc' | 'nextcloud-oauth2';
  /** Issuer identifier (OpenID Connect Discovery 1.0 section 4.3); of plain OAuth 2.0 the address of the server. */
  readonly issuer: string;
  /** Origin under which browsers reach the issuer, where that differs. */
  readonly browserUrl?: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly redirectUri: string;
  /** Besides `openid`. */
  readonly scopes: readonly string[];
  readonly groupsClaim: string;
  /** Members are administrators; empty: the provider says nothing about roles. */
  readonly adminGroups: readonly string[];
  /** Whether `email_verified` of this provider proves an address. */
  readonly provesAddresses: boolean;
  /** Whether ID tokens may be authenticated with the client secret (HS256). */
  readonly allowsHs256: boolean;
}

/** What the settings of providers are read from. */
export interface SsoParts {
  readonly sso: SsoConfig;
  readonly nextcloud: NextcloudConfig;
  readonly http: HttpConfig;
}

type Draft = Pick<ProviderSettings, 'id' | 'label' | 'issuer' | 'clientId' | 'clientSecret'> &
  Partial<Omit<ProviderSettings, 'redirectUri'>> & { readonly redirectUri?: string | undefined };

/** Every provider that is on, in the order of login pages. Incomplete ones are left out: `brokenRules` refuses them. */
export function ssoProviders({ sso, nextcloud, http }: SsoParts): readonly ProviderSettings[] {
  const drafts = [nextcloudProvider(sso, nextcloud), google(sso), microsoft(sso), ...issuers(sso)];
  return drafts.filter((draft) => draft !== undefined).map((draft) => complete(draft, http.origin));
}

/** The provider behind /auth/login. */
export function defaultProviderId(parts: SsoParts): string | undefined {
  return parts.sso.defaultProvider ?? ssoProviders(parts)[0]?.id;
}

function complete({ redirectUri, ...draft }: Draft, origin: string): ProviderSettings {
  return {
    kind: 'oidc',
    scopes: ['profile', 'email'],
    groupsClaim: 'groups',
    adminGroups: [],
    provesAddresses: true,
    allowsHs256: false,
    ...draft,
    redirectUri: redirectUri ?? `${origin}/api/auth/oidc/${draft.id}/callback`,
  };
}

function nextcloudProvider(sso: SsoConfig, nextcloud: NextcloudConfig): Draft | undefined {
  const { nextcloudClientId: clientId, nextcloudClientSecret: clientSecret, nextcloudSso } = sso;
  const isOidc = nextcloudSso === 'oidc';
  const issuer = (isOidc ? sso.nextcloudIssuer : undefined) ?? nextcloud.url;
  if (clientId === undefined || clientSecret === undefined || issuer === undefined) return undefined;
  return {
    id: isOidc ? 'nextcloud' : 'nextcloud-oauth2',
    label: 'Nextcloud',
    kind: isOidc ? 'oidc' : 'nextcloud-oauth2',
    issuer: issuer.replace(/\/+$/, ''),
    ...(nextcloud.browserUrl !== undefined && { browserUrl: nextcloud.browserUrl.replace(/\/+$/, '') }),
    clientId,
    clientSecret,
    redirectUri: sso.nextcloudRedirectUri,
    scopes: sso.nextcloudAdminGroups.length > 0 ? ['profile', 'email', 'groups'] : ['profile', 'email'],
    adminGroups: sso.nextcloudAdminGroups,
    // For one and the same user it said false in the ID token and true at UserInfo.
    provesAddresses: false,
    allowsHs256: isOidc && sso.nextcloudAllowsHs256,
  };
}

function google({ googleClientId: clientId, googleClientSecret: clientSecret, googleRedirectUri }: SsoConfig) {
  if (clientId === undefined || clientSecret === undefined) return undefined;
  const issuer = 'https://accounts.google.com';
  return { id: 'google', label: 'Google', issuer, clientId, clientSecret, redirectUri: googleRedirectUri };
}

function microsoft(sso: SsoConfig): Draft | undefined {
  const { microsoftClientId: clientId, microsoftClientSecret: clientSecret, microsoftTenantId: tenant } = sso;
  if (clientId === undefined || clientSecret === undefined || tenant === undefined) return undefined;
  return {
    id: 'microsoft',
    label: 'Microsoft',
    issuer: `https://login.microsoftonline.com/${tenant.toLowerCase()}/v2.0`,
    clientId,
    clientSecret,
    redirectUri: sso.microsoftRedirectUri,
    // Who administers a tenant writes any address into it.
    provesAddresses: false,
  };
}

function issuers({ providerNames, issuers: configs }: SsoConfig): Draft[] {
  return configs.map((config, index) => {
    const id = providerNames[index] ?? '';
    const { issuer, clientId, clientSecret, redirectUri, scopes, groupsClaim, adminGroups } = config;
    const label = config.label ?? id;
    return { id, label, issuer, clientId, clientSecret, redirectUri, scopes, groupsClaim, adminGroups };
  });
}
