import { IsArray, IsIn, IsInstance, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { Secret } from './secret.ts';
import { Variable } from './variable.ts';
import { IsEmailAddress } from '../validation/email-address.ts';

/** Tokens, sessions and passwords. */
export class AuthConfig {
  /** Heading in the documents. */
  static readonly title = 'Sign-in';

  @Variable({
    name: 'JWT_SECRET',
    aliases: ['SECRET_KEY'],
    type: 'secret',
    description:
      'Signs access tokens. At least 32 bytes (RFC 7518 section 3.2); 48 for HS384, 64 for HS512. With JWT_KEYS it only verifies.',
    defaultText: 'generated into DATA_DIR in development; this or JWT_KEYS is required in production',
  })
  @IsOptional()
  @IsInstance(Secret)
  readonly jwtSecret?: Secret;

  @Variable({
    name: 'JWT_KEYS',
    type: 'secret',
    description:
      'Keys of access tokens, so that they can be changed: comma-separated kid:secret pairs, each secret as long as JWT_SECRET must be. The first signs, all verify. Make the next line with: npm run keys:rotate -- signing',
    example: 'k2:<48 bytes in base64url>,k1:<48 bytes in base64url>',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsInstance(Secret)
  readonly jwtKeys?: Secret;

  @Variable({ name: 'JWT_ALGORITHM', type: 'text', description: 'Algorithm of access tokens.' })
  @IsIn(['HS256', 'HS384', 'HS512'])
  readonly jwtAlgorithm: 'HS256' | 'HS384' | 'HS512' = 'HS256';

  @Variable({
    name: 'ACCESS_TOKEN_EXPIRE_MINUTES',
    type: 'integer',
    description: 'Life of an access token in minutes.',
  })
  @IsInt()
  @Min(1)
  @Max(60)
  readonly accessTokenExpireMinutes: number = 15;

  @Variable({
    name: 'REFRESH_TOKEN_EXPIRE_DAYS',
    type: 'integer',
    description: 'Life of a session in days from its login; refreshing never extends it.',
  })
  @IsInt()
  @Min(1)
  @Max(90)
  readonly refreshTokenExpireDays: number = 7;

  @Variable({
    name: 'REFRESH_TOKEN_EXPIRE_MINUTES',
    type: 'integer',
    description: 'The same in minutes; wins over REFRESH_TOKEN_EXPIRE_DAYS when set.',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(129_600)
  readonly refreshTokenExpireMinutes?: number;

  @Variable({
    name: 'SESSION_IDLE_MINUTES',
    type: 'integer',
    description: 'A session that is not refreshed for this many minutes ends.',
    defaultText: 'the life of a session',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(129_600)
  readonly sessionIdleMinutes?: number;

  @Variable({
    name: 'REFRESH_GRACE_SECONDS',
    type: 'integer',
    description:
      'A refresh token used twice within this many seconds is taken for a race of one client, not for theft: the second use gets the same successor.',
  })
  @IsInt()
  @Min(0)
  @Max(300)
  readonly refreshGraceSeconds: number = 20;

  @Variable({ name: 'PASSWORD_MIN_LENGTH', type: 'integer', description: 'Shortest password accepted, in characters.' })
  @IsInt()
  @Min(8)
  @Max(64)
  readonly passwordMinLength: number = 15;

  @Variable({
    name: 'BCRYPT_ROUNDS',
    type: 'integer',
    description:
      'Work of a password hash, as a power of two; at least 12 in production. Hashes of other rounds stay valid and are renewed at the next login.',
  })
  @IsInt()
  @Min(10)
  @Max(16)
  readonly bcryptRounds: number = 12;

  @Variable({
    name: 'MFA_REQUIRED',
    type: 'text',
    description:
      'Which accounts must have a second factor: none, admins or all. An account without one sets it up at its next login.',
  })
  @IsIn(['none', 'admins', 'all'])
  readonly mfaRequired: 'none' | 'admins' | 'all' = 'none';

  @Variable({
    name: 'STEP_UP_MINUTES',
    type: 'integer',
    description: 'Dangerous changes want a proof of identity that is at most this many minutes old.',
  })
  @IsInt()
  @Min(1)
  @Max(60)
  readonly stepUpMinutes: number = 10;

  @Variable({
    name: 'WEBAUTHN_RP_ID',
    type: 'text',
    description:
      'Domain that passkeys belong to (RP ID): a host of the pages that use them or a domain above it. Changing it makes every passkey useless.',
    example: 'clinic.example',
    defaultText: 'the host of PUBLIC_URL',
  })
  @IsOptional()
  @Matches(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, { message: '$property must be a host name in lower case' })
  readonly webauthnRpId?: string;

  @Variable({
    name: 'WEBAUTHN_ORIGINS',
    type: 'list',
    description: 'Origins whose pages may register and use passkeys, comma-separated.',
    example: 'https://app.clinic.example',
    defaultText: 'PUBLIC_URL, FRONTEND_URL and CORS_ORIGINS, as far as they are below WEBAUTHN_RP_ID',
  })
  @IsOptional()
  @IsArray()
  @Matches(/^https?:\/\/[^/*\s]+$/, { each: true, message: '$property must list origins like https://app.example.org' })
  readonly webauthnOrigins?: readonly string[];

  @Variable({
    name: 'EMAIL_VERIFICATION',
    type: 'text',
    description: 'required: an account opened by registration can log in only after its address is verified by mail.',
  })
  @IsIn(['off', 'required'])
  readonly emailVerification: 'off' | 'required' = 'off';

  @Variable({
    name: 'INITIAL_ADMIN_EMAIL',
    type: 'text',
    description:
      'With INITIAL_ADMIN_PASSWORD: an administrator created at start while the server has no administrator.',
    example: 'admin@clinic.example',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsEmailAddress()
  readonly initialAdminEmail?: string;

  @Variable({
    name: 'INITIAL_ADMIN_PASSWORD',
    type: 'secret',
    description: 'Password of the first administrator; read once, remove it afterwards.',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsInstance(Secret)
  readonly initialAdminPassword?: Secret;

  /** Whether MFA_REQUIRED asks an account for a second factor. */
  asksForSecondFactor(isAdmin: boolean): boolean {
    return this.mfaRequired === 'all' || (this.mfaRequired === 'admins' && isAdmin);
  }

  /** Absolute life of a session, in seconds. */
  get sessionLifeSeconds(): number {
    return (this.refreshTokenExpireMinutes ?? this.refreshTokenExpireDays * 1440) * 60;
  }

  /** Longest time between two refreshes, in seconds. */
  get sessionIdleSeconds(): number {
    return this.sessionIdleMinutes === undefined ? this.sessionLifeSeconds : this.sessionIdleMinutes * 60;
  }
}
