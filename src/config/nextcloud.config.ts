import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInstance,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { Secret } from './secret.ts';
import { Variable } from './variable.ts';

const URL_RULE = /^https?:\/\/[^\s@?#]+$/;

/** The Nextcloud that this server works with. */
export class NextcloudConfig {
  /** Heading in the documents. */
  static readonly title = 'Nextcloud';

  @Variable({
    name: 'NEXTCLOUD_URL',
    aliases: ['NEXTCLOUD_BASE_URL'],
    type: 'text',
    description:
      'Base URL of Nextcloud as this server reaches it. Its host must be among the trusted_domains of Nextcloud.',
    example: 'http://localhost:8080',
    defaultText: 'not set: accounts cannot be linked',
  })
  @IsOptional()
  @Matches(URL_RULE, { message: '$property must be an http or https URL without credentials, query or fragment' })
  readonly url?: string;

  @Variable({
    name: 'NEXTCLOUD_PUBLIC_URL',
    type: 'text',
    description: 'Base URL of the same Nextcloud as browsers reach it, for login pages and links.',
    example: 'https://cloud.clinic.example',
    defaultText: 'NEXTCLOUD_URL',
  })
  @IsOptional()
  @Matches(URL_RULE, { message: '$property must be an http or https URL without credentials, query or fragment' })
  readonly publicUrl?: string;

  @Variable({
    name: 'NEXTCLOUD_ALLOW_HTTP',
    type: 'boolean',
    description: 'Let production speak http with Nextcloud, for a container network that nobody else shares.',
  })
  @IsBoolean()
  readonly allowHttp: boolean = false;

  @Variable({
    name: 'NEXTCLOUD_ADMIN_USER',
    type: 'text',
    description: "Login name of a service account that may manage users. Never used to read or write anybody's data.",
    example: 'voiceassist_service',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  readonly adminUser?: string;

  @Variable({
    name: 'NEXTCLOUD_ADMIN_PASSWORD',
    type: 'secret',
    description: 'App password of that account.',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsInstance(Secret)
  readonly adminPassword?: Secret;

  @Variable({
    name: 'NEXTCLOUD_AUTO_PROVISION',
    type: 'text',
    description:
      'registration makes a Nextcloud user for every new account, however it is opened, unless its owner proves to have one. Needs NEXTCLOUD_ADMIN_USER.',
  })
  @IsIn(['off', 'registration'])
  readonly autoProvision: 'off' | 'registration' = 'off';

  @Variable({
    name: 'NEXTCLOUD_PROVISION_GROUPS',
    type: 'list',
    description:
      'Groups, which exist in Nextcloud, that the users it makes belong to. A service account that is a sub-administrator needs one of its own here.',
    example: 'voiceassist',
    defaultText: 'none',
  })
  @IsArray()
  @Matches(/^(?!admin$)[^/\\\p{Cc}]{1,255}$/u, { each: true, message: '$property must list groups other than admin' })
  readonly provisionGroups: readonly string[] = [];

  @Variable({
    name: 'NEXTCLOUD_PROVISION_QUOTA',
    type: 'text',
    description: 'Quota of the users it makes: a number with MB, GB or TB, or none for unlimited.',
    example: '5 GB',
    defaultText: 'the default of Nextcloud',
  })
  @IsOptional()
  @Matches(/^(none|\d{1,6} ?(MB|GB|TB))$/, { message: '$property must be a number with MB, GB or TB, or none' })
  readonly provisionQuota?: string;

  @Variable({
    name: 'NEXTCLOUD_WATCH_DIRECTORIES',
    type: 'list',
    description:
      'Folders, in each linked account, whose documents are indexed. A folder that an account lacks is skipped.',
  })
  @IsArray()
  @Matches(/^\/[^\0\\]*$/, { each: true, message: '$property must list absolute paths like /Documents' })
  readonly watchDirectories: readonly string[] = ['/Documents', '/Medical_Guidelines'];

  @Variable({
    name: 'FILES_MAX_UPLOAD_MB',
    type: 'integer',
    description: 'Largest file that can be uploaded through this server, in MiB.',
  })
  @IsInt()
  @Min(1)
  @Max(1_048_576)
  readonly maxUploadMb: number = 16_384;

  @Variable({
    name: 'NEXTCLOUD_REQUESTS',
    type: 'integer',
    description:
      'Requests to Nextcloud at the same time, of one process and all users together; content on its way to and from clients has places of its own. A quarter is kept for what somebody waits for.',
  })
  @IsInt()
  @Min(1)
  @Max(256)
  readonly requests: number = 16;

  @Variable({
    name: 'NEXTCLOUD_REQUESTS_PER_USER',
    type: 'integer',
    description: 'Of these, on behalf of one user. Scans and other work in the background take one less.',
  })
  @IsInt()
  @Min(1)
  @Max(256)
  readonly requestsPerUser: number = 5;

  @Variable({
    name: 'NEXTCLOUD_WAITING_PER_USER',
    type: 'integer',
    description: 'Requests of one user that may wait for a place; more are answered 503 at once.',
  })
  @IsInt()
  @Min(0)
  @Max(1024)
  readonly waitingPerUser: number = 32;

  get browserUrl(): string | undefined {
    return this.publicUrl ?? this.url;
  }
}
