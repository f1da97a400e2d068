import { IsInt, Max, Min } from 'class-validator';
import { Variable } from './variable.ts';

const MAX_COUNT = 1_000_000;

/** How often something may be asked; a request over a limit is answered 429 with Retry-After. */
export class LimitsConfig {
  /** Heading in the documents. */
  static readonly title = 'Limits';

  @Variable({
    name: 'RATE_LIMIT_REGISTER_PER_HOUR',
    type: 'integer',
    description: 'Registrations per hour and address.',
  })
  @IsInt()
  @Min(1)
  @Max(MAX_COUNT)
  readonly registerPerHour: number = 5;

  @Variable({ name: 'RATE_LIMIT_LOGIN_PER_MINUTE', type: 'integer', description: 'Logins per minute and address.' })
  @IsInt()
  @Min(1)
  @Max(MAX_COUNT)
  readonly loginPerMinute: number = 10;

  @Variable({
    name: 'RATE_LIMIT_LOGIN_FAILURES_PER_ACCOUNT',
    type: 'integer',
    description:
      'Failed logins of one account within 15 minutes before the next answers 429: of strangers from all addresses together, of each network that has logged in before, of each session.',
  })
  @IsInt()
  @Min(1)
  @Max(MAX_COUNT)
  readonly loginFailuresPerAccount: number = 10;

  @Variable({
    name: 'RATE_LIMIT_SECOND_FACTOR_FAILURES_PER_ACCOUNT',
    type: 'integer',
    description:
      'Wrong second factors of one account within 15 minutes before none is accepted, counted like failed logins.',
  })
  @IsInt()
  @Min(1)
  @Max(MAX_COUNT)
  readonly secondFactorFailuresPerAccount: number = 5;

  @Variable({
    name: 'ALERT_LOGIN_FAILURES_PER_NETWORK',
    type: 'integer',
    description:
      'Failed logins from one network (an IPv4 address, an IPv6 /64) within 15 minutes of which administrators are told.',
  })
  @IsInt()
  @Min(1)
  @Max(MAX_COUNT)
  readonly loginFailuresPerNetwork: number = 50;

  @Variable({
    name: 'RATE_LIMIT_REFRESH_PER_MINUTE',
    type: 'integer',
    description: 'Token refreshes per minute and address.',
  })
  @IsInt()
  @Min(1)
  @Max(MAX_COUNT)
  readonly refreshPerMinute: number = 20;

  @Variable({
    name: 'RATE_LIMIT_LINK_PER_HOUR',
    type: 'integer',
    description:
      'Attempts per hour and user to link a Nextcloud account, by hand or by a login flow; wrong ones by hand count against this server in Nextcloud.',
  })
  @IsInt()
  @Min(1)
  @Max(MAX_COUNT)
  readonly linkPerHour: number = 5;

  @Variable({
    name: 'RATE_LIMIT_DOCTOR_PER_MINUTE',
    type: 'integer',
    description: 'Reports of the Nextcloud doctor per minute and user.',
  })
  @IsInt()
  @Min(1)
  @Max(MAX_COUNT)
  readonly doctorPerMinute: number = 10;

  @Variable({
    name: 'RATE_LIMIT_MAIL_PER_HOUR',
    type: 'integer',
    description: 'Requests per hour and address that make the server send a mail: forgotten password, verification.',
  })
  @IsInt()
  @Min(1)
  @Max(MAX_COUNT)
  readonly mailPerHour: number = 10;

  @Variable({
    name: 'RATE_LIMIT_SSO_PER_MINUTE',
    type: 'integer',
    description: 'Single sign-on requests per minute and address.',
  })
  @IsInt()
  @Min(1)
  @Max(MAX_COUNT)
  readonly ssoPerMinute: number = 30;

  @Variable({
    name: 'RATE_LIMIT_WEBHOOKS_PER_MINUTE',
    type: 'integer',
    description: 'Webhooks per minute and address.',
  })
  @IsInt()
  @Min(1)
  @Max(MAX_COUNT)
  readonly webhooksPerMinute: number = 600;

  @Variable({
    name: 'RATE_LIMIT_REQUESTS_PER_MINUTE',
    type: 'integer',
    description: 'All other requests per minute and user (per address where nobody is logged in).',
  })
  @IsInt()
  @Min(1)
  @Max(MAX_COUNT)
  readonly requestsPerMinute: number = 1200;
}
