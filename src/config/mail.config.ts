import { IsIn, IsInstance, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { Secret } from './secret.ts';
import { Variable } from './variable.ts';
import { IsEmailAddress } from '../validation/email-address.ts';

const DEFAULT_PORT = { starttls: 587, tls: 465, none: 25 } as const;

/** The SMTP server that the messages of this server go through. */
export class MailConfig {
  /** Heading in the documents. */
  static readonly title = 'Mail';

  @Variable({
    name: 'EMAIL_SMTP_HOST',
    type: 'text',
    description:
      'SMTP server for the messages of this server. Not set: in development they become files in DATA_DIR/mail, in production none are sent and what needs them answers mail-not-configured.',
    example: 'smtp.clinic.example',
    defaultText: 'not set',
  })
  @IsOptional()
  @Matches(/^[A-Za-z0-9.:-]{1,253}$/, { message: '$property must be a host name or an address' })
  readonly smtpHost?: string;

  @Variable({
    name: 'EMAIL_SMTP_PORT',
    type: 'integer',
    description: 'Its TCP port.',
    defaultText: '587 for starttls, 465 for tls, 25 for none',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(65_535)
  readonly smtpPort?: number;

  @Variable({
    name: 'EMAIL_SMTP_SECURITY',
    type: 'text',
    description:
      'starttls (nothing is sent unless the server offers it), tls from the first byte, or none. In production none is for a relay on the same host only, and never with a password.',
  })
  @IsIn(['starttls', 'tls', 'none'])
  readonly smtpSecurity: 'starttls' | 'tls' | 'none' = 'starttls';

  @Variable({
    name: 'EMAIL_USERNAME',
    type: 'text',
    description: 'Login at the SMTP server, with EMAIL_PASSWORD.',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsString()
  readonly username?: string;

  @Variable({
    name: 'EMAIL_PASSWORD',
    type: 'secret',
    description: 'Password at the SMTP server; it is sent over TLS only.',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsInstance(Secret)
  readonly password?: Secret;

  @Variable({
    name: 'EMAIL_FROM',
    type: 'text',
    description: 'Address that messages come from.',
    example: 'voiceassist@clinic.example',
    defaultText: 'not set; required with EMAIL_SMTP_HOST',
  })
  @IsOptional()
  @IsEmailAddress()
  readonly from?: string;

  /** True where messages can leave this server. */
  get isConfigured(): boolean {
    return this.smtpHost !== undefined;
  }

  get port(): number {
    return this.smtpPort ?? DEFAULT_PORT[this.smtpSecurity];
  }

  /** True where the SMTP server is on this host. */
  get isLoopback(): boolean {
    return /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(this.smtpHost ?? '');
  }
}
