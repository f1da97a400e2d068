import { IsArray, IsBoolean, IsIn, IsInstance, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { Secret } from './secret.ts';
import { Variable } from './variable.ts';

/** Where and how the server listens, and who may call it from a browser. */
export class HttpConfig {
  /** Heading in the documents. */
  static readonly title = 'Server';

  @Variable({ name: 'NODE_ENV', type: 'text', description: 'production switches on every refusal of unsafe settings.' })
  @IsIn(['development', 'test', 'production'])
  readonly environment: 'development' | 'test' | 'production' = 'development';

  @Variable({ name: 'HOST', type: 'text', description: 'Address to listen on; the container image sets 0.0.0.0.' })
  @IsString()
  readonly host: string = '127.0.0.1';

  @Variable({ name: 'PORT', type: 'integer', description: 'TCP port to listen on.' })
  @IsInt()
  @Min(0)
  @Max(65_535)
  readonly port: number = 8000;

  @Variable({
    name: 'PUBLIC_URL',
    type: 'text',
    description:
      'Origin under which browsers reach this server; redirect URIs and passkeys are bound to it. https in production.',
    example: 'https://api.clinic.example',
    defaultText: 'http://localhost:PORT',
  })
  @IsOptional()
  @Matches(/^https?:\/\/[^/?#\s]+$/, { message: '$property must be an origin like https://api.clinic.example' })
  readonly publicUrl?: string;

  @Variable({
    name: 'FRONTEND_URL',
    type: 'text',
    description:
      'Page of the web application that mails link to and single sign-on returns to. Without it this server shows plain pages itself.',
    example: 'https://app.clinic.example',
    defaultText: 'not set',
  })
  @IsOptional()
  @Matches(/^https?:\/\/[^?#\s]+$/, { message: '$property must be a URL without query or fragment' })
  readonly frontendUrl?: string;

  @Variable({
    name: 'PROCESS_ROLE',
    type: 'text',
    description: 'What this process does: api (answers requests), worker (runs jobs) or all.',
  })
  @IsIn(['api', 'worker', 'all'])
  readonly processRole: 'api' | 'worker' | 'all' = 'all';

  @Variable({
    name: 'CORS_ORIGINS',
    aliases: ['ALLOWED_ORIGINS'],
    type: 'list',
    description:
      'Origins whose pages may call this API with credentials, comma-separated. Exact matches only; * is refused.',
  })
  @IsArray()
  @Matches(/^https?:\/\/[^/*\s]+$/, { each: true, message: '$property must list origins like https://app.example.org' })
  readonly corsOrigins: readonly string[] = ['http://localhost:3000', 'http://localhost:3001', 'http://localhost:8080'];

  @Variable({
    name: 'TRUSTED_PROXIES',
    type: 'list',
    description:
      'Addresses or CIDR ranges of reverse proxies whose X-Forwarded-For is trusted. Empty: no proxy is trusted.',
    example: '10.0.0.0/8',
  })
  @IsArray()
  @Matches(/^[0-9a-fA-F:.]+(\/\d{1,3})?$/, { each: true, message: '$property must list IP addresses or CIDR ranges' })
  readonly trustedProxies: readonly string[] = [];

  @Variable({
    name: 'SWAGGER_ENABLED',
    type: 'boolean',
    description: 'Serve Swagger UI at /docs and the document at /openapi.json.',
    defaultText: 'true, in production false',
  })
  @IsOptional()
  @IsBoolean()
  readonly swaggerEnabled?: boolean;

  @Variable({
    name: 'METRICS_TOKEN',
    type: 'secret',
    description:
      'Bearer token that opens GET /metrics, at least 16 characters. Not set: only connections from this machine itself are answered.',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsInstance(Secret)
  readonly metricsToken?: Secret;

  @Variable({ name: 'LOG_LEVEL', type: 'text', description: 'Least severe level that is logged.' })
  @IsIn(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
  readonly logLevel: string = 'info';

  @Variable({
    name: 'SHUTDOWN_GRACE_SECONDS',
    type: 'integer',
    description: 'Longest time in seconds that a stopping server waits for requests and jobs in progress.',
  })
  @IsInt()
  @Min(0)
  @Max(300)
  readonly shutdownGraceSeconds: number = 8;

  /** Origin under which browsers reach this server. */
  get origin(): string {
    return this.publicUrl ?? `http://localhost:${this.port}`;
  }

  get isProduction(): boolean {
    return this.environment === 'production';
  }

  get servesSwagger(): boolean {
    return this.swaggerEnabled ?? !this.isProduction;
  }

  get runsJobs(): boolean {
    return this.processRole !== 'api';
  }
}
