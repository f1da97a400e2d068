import { IsArray, IsBoolean, IsIn, IsInstance, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { IssuerConfig } from './issuer.config.ts';
import { Secret } from './secret.ts';
import { Variable, VariableFamily } from './variable.ts';

const URL_RULE = /^https?:\/\/[^\s@?#]+$/;
const URL_MESSAGE = '$property must be an http or https URL without credentials, query or fragment';
const NAME_RULE = /^[a-z][a-z0-9-]{0,31}$/;
const LONGEST_ID = 255;

/** Single sign-on: who may vouch for users of this server. A provider is on when its client id is set. */
export class SsoConfig {
  /** Heading in the documents. */
  static readonly title = 'Single sign-on';

  @Variable({
    name: 'NEXTCLOUD_SSO',
    type: 'text',
    description:
      'Which app of Nextcloud the client below is registered in: oidc (the app "OIDC Identity Provider") or oauth2 (the built-in OAuth 2.0 clients).',
  })
  @IsIn(['oidc', 'oauth2'])
  readonly nextcloudSso: 'oidc' | 'oauth2' = 'oidc';

  @Variable({
    name: 'NEXTCLOUD_OIDC_ISSUER',
    type: 'text',
    description: 'Issuer of the OIDC app: exactly what its discovery document says.',
    example: 'https://cloud.clinic.example',
    defaultText: 'NEXTCLOUD_URL',
  })
  @IsOptional()
  @Matches(URL_RULE, { message: URL_MESSAGE })
  readonly nextcloudIssuer?: string;

  @Variable({
    name: 'NEXTCLOUD_CLIENT_ID',
    aliases: ['NEXTCLOUD_OAUTH_CLIENT_ID'],
    type: 'text',
    description: 'Client id of this server in Nextcloud; switches on login with Nextcloud.',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsString()
  @MaxLength(LONGEST_ID)
  readonly nextcloudClientId?: string;

  @Variable({
    name: 'NEXTCLOUD_CLIENT_SECRET',
    aliases: ['NEXTCLOUD_OAUTH_CLIENT_SECRET'],
    type: 'secret',
    description: 'Secret of that client.',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsInstance(Secret)
  readonly nextcloudClientSecret?: Secret;

  @Variable({
    name: 'NEXTCLOUD_REDIRECT_URI',
    aliases: ['NEXTCLOUD_OAUTH_REDIRECT_URI'],
    type: 'text',
    description: 'Redirect URI that is registered for that client.',
    example: 'http://localhost:8000/auth/callback',
    defaultText: 'PUBLIC_URL + /api/auth/oidc/<provider>/callback',
  })
  @IsOptional()
  @Matches(URL_RULE, { message: URL_MESSAGE })
  readonly nextcloudRedirectUri?: string;

  @Variable({
    name: 'NEXTCLOUD_ADMIN_GROUPS',
    type: 'list',
    description: 'Groups of Nextcloud whose members are administrators of this server.',
  })
  @IsArray()
  @IsString({ each: true })
  readonly nextcloudAdminGroups: readonly string[] = [];

  @Variable({
    name: 'NEXTCLOUD_OIDC_ALLOW_HS256',
    type: 'boolean',
    description: 'Accept ID tokens of the OIDC app that are signed with the client secret instead of a key.',
  })
  @IsBoolean()
  readonly nextcloudAllowsHs256: boolean = false;

  @Variable({
    name: 'GOOGLE_CLIENT_ID',
    aliases: ['GOOGLE_OAUTH_CLIENT_ID'],
    type: 'text',
    description: 'Client id of this server at Google; switches on login with Google.',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsString()
  @MaxLength(LONGEST_ID)
  readonly googleClientId?: string;

  @Variable({
    name: 'GOOGLE_CLIENT_SECRET',
    aliases: ['GOOGLE_OAUTH_CLIENT_SECRET'],
    type: 'secret',
    description: 'Secret of that client.',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsInstance(Secret)
  readonly googleClientSecret?: Secret;

  @Variable({
    name: 'GOOGLE_REDIRECT_URI',
    aliases: ['GOOGLE_OAUTH_REDIRECT_URI'],
    type: 'text',
    description: 'Redirect URI that is registered for that client.',
    defaultText: 'PUBLIC_URL + /api/auth/oidc/google/callback',
  })
  @IsOptional()
  @Matches(URL_RULE, { message: URL_MESSAGE })
  readonly googleRedirectUri?: string;

  @Variable({
    name: 'MICROSOFT_CLIENT_ID',
    aliases: ['MICROSOFT_OAUTH_CLIENT_ID'],
    type: 'text',
    description: 'Client id of this server at Microsoft Entra; switches on login with Microsoft.',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsString()
  @MaxLength(LONGEST_ID)
  readonly microsoftClientId?: string;

  @Variable({
    name: 'MICROSOFT_CLIENT_SECRET',
    aliases: ['MICROSOFT_OAUTH_CLIENT_SECRET'],
    type: 'secret',
    description: 'Secret of that client.',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsInstance(Secret)
  readonly microsoftClientSecret?: Secret;

  @Variable({
    name: 'MICROSOFT_TENANT_ID',
    type: 'text',
    description:
      'The tenant whose users may log in, by its id. There is no default: common, organizations and consumers would let every tenant of the world name addresses.',
    example: '3f1c2b1e-0000-4000-8000-5b7d0d6a1c11',
    defaultText: 'not set',
  })
  @IsOptional()
  @Matches(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, {
    message: '$property must be the id of one tenant, not common, organizations, consumers or a domain',
  })
  readonly microsoftTenantId?: string;

  @Variable({
    name: 'MICROSOFT_REDIRECT_URI',
    aliases: ['MICROSOFT_OAUTH_REDIRECT_URI'],
    type: 'text',
    description: 'Redirect URI that is registered for that client.',
    defaultText: 'PUBLIC_URL + /api/auth/oidc/microsoft/callback',
  })
  @IsOptional()
  @Matches(URL_RULE, { message: URL_MESSAGE })
  readonly microsoftRedirectUri?: string;

  @Variable({
    name: 'OIDC_PROVIDERS',
    type: 'list',
    description:
      'Names of further OpenID Connect issuers, in lower case; each has its own variables, OIDC_<NAME>_..., with the name in upper case and _ for -.',
    example: 'keycloak,clinic-idp',
  })
  @IsArray()
  @Matches(NAME_RULE, { each: true, message: '$property must list names like keycloak or clinic-idp' })
  readonly providerNames: readonly string[] = [];

  /** One for each name in OIDC_PROVIDERS, in that order. */
  @VariableFamily({ names: 'providerNames', placeholder: '<NAME>', member: IssuerConfig })
  readonly issuers: readonly IssuerConfig[] = [];

  @Variable({
    name: 'OIDC_DEFAULT_PROVIDER',
    type: 'text',
    description: 'Provider behind /auth/login and /auth/callback.',
    example: 'nextcloud',
    defaultText: 'the first one that is on',
  })
  @IsOptional()
  @Matches(NAME_RULE, { message: '$property must be the name of a provider' })
  readonly defaultProvider?: string;

  @Variable({
    name: 'SSO_AUTO_CREATE',
    type: 'boolean',
    description: 'Open an account for a user of a provider who has none yet. false: only known users log in.',
  })
  @IsBoolean()
  readonly autoCreate: boolean = true;
}
