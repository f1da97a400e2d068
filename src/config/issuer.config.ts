import { IsArray, IsInstance, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { Secret } from './secret.ts';
import { Variable } from './variable.ts';

const URL_RULE = /^https?:\/\/[^\s@?#]+$/;

/** One further OpenID Connect issuer; `<NAME>` stands for its name in OIDC_PROVIDERS. */
export class IssuerConfig {
  @Variable({
    name: 'OIDC_<NAME>_ISSUER',
    type: 'text',
    description: 'Issuer: exactly what its discovery document says.',
    example: 'https://login.clinic.example/realms/staff',
    defaultText: 'required',
  })
  @Matches(URL_RULE, { message: '$property must be an http or https URL without credentials, query or fragment' })
  readonly issuer!: string;

  @Variable({
    name: 'OIDC_<NAME>_CLIENT_ID',
    type: 'text',
    description: 'Client id of this server there.',
    defaultText: 'required',
  })
  @IsString()
  @MaxLength(255)
  readonly clientId!: string;

  @Variable({
    name: 'OIDC_<NAME>_CLIENT_SECRET',
    type: 'secret',
    description: 'Secret of that client.',
    defaultText: 'required',
  })
  @IsInstance(Secret, { message: '$property is required' })
  readonly clientSecret!: Secret;

  @Variable({
    name: 'OIDC_<NAME>_REDIRECT_URI',
    type: 'text',
    description: 'Redirect URI that is registered for that client.',
    defaultText: 'PUBLIC_URL + /api/auth/oidc/<name>/callback',
  })
  @IsOptional()
  @Matches(URL_RULE, { message: '$property must be an http or https URL without credentials, query or fragment' })
  readonly redirectUri?: string;

  @Variable({
    name: 'OIDC_<NAME>_LABEL',
    type: 'text',
    description: 'Name of the provider on login pages.',
    example: 'Clinic login',
    defaultText: 'the name',
  })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  readonly label?: string;

  @Variable({
    name: 'OIDC_<NAME>_SCOPES',
    type: 'list',
    description: 'Scopes asked for besides openid; add the one that brings groups.',
  })
  @IsArray()
  @Matches(/^[\x21\x23-\x5b\x5d-\x7e]+$/, { each: true, message: '$property must list scopes' })
  readonly scopes: readonly string[] = ['profile', 'email'];

  @Variable({
    name: 'OIDC_<NAME>_GROUPS_CLAIM',
    type: 'text',
    description: 'Claim that lists the groups of a user.',
  })
  @IsString()
  @MaxLength(255)
  readonly groupsClaim: string = 'groups';

  @Variable({
    name: 'OIDC_<NAME>_ADMIN_GROUPS',
    type: 'list',
    description: 'Groups whose members are administrators of this server.',
  })
  @IsArray()
  @IsString({ each: true })
  readonly adminGroups: readonly string[] = [];
}
