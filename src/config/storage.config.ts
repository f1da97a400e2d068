import { IsBoolean, IsInstance, IsInt, IsOptional, IsString, Matches, Max, Min, MinLength } from 'class-validator';
import { Secret } from './secret.ts';
import { Variable } from './variable.ts';

/** Where data is kept. */
export class StorageConfig {
  /** Heading in the documents. */
  static readonly title = 'Storage';

  @Variable({
    name: 'DATA_DIR',
    type: 'text',
    description: 'Folder (mode 0700) of the embedded database, generated development secrets and temporary files.',
  })
  @IsString()
  @MinLength(1)
  readonly dataDir: string = './data';

  @Variable({
    name: 'DATABASE_URL',
    type: 'secret',
    description: 'PostgreSQL 15 or newer. Not set: an embedded PostgreSQL in DATA_DIR, for one process.',
    example: 'postgresql://voiceassist:<password>@localhost:5432/voiceassist',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsInstance(Secret)
  readonly databaseUrl?: Secret;

  @Variable({
    name: 'DATABASE_OWNER_URL',
    type: 'secret',
    description:
      'The same database as DATABASE_URL under the role that owns the tables. Used for migrations only; the role of DATABASE_URL then gets no right to change or remove audit events.',
    example: 'postgresql://voiceassist_owner:<password>@localhost:5432/voiceassist',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsInstance(Secret)
  readonly databaseOwnerUrl?: Secret;

  @Variable({ name: 'DATABASE_POOL_SIZE', type: 'integer', description: 'Most connections to PostgreSQL per process.' })
  @IsInt()
  @Min(2)
  @Max(100)
  readonly databasePoolSize: number = 10;

  @Variable({
    name: 'DATABASE_STATEMENT_TIMEOUT_MS',
    type: 'integer',
    description: 'Longest time of one statement in milliseconds (PostgreSQL server only).',
  })
  @IsInt()
  @Min(100)
  @Max(600_000)
  readonly databaseStatementTimeoutMs: number = 15_000;

  @Variable({
    name: 'AUDIT_ANCHOR_FILE',
    type: 'text',
    description:
      'File outside the database to which the end of the audit trail is added regularly: a check then notices when the newest events were removed. Best on storage that the database server cannot write.',
    example: '/var/lib/voiceassist-anchors/audit-heads.jsonl',
    defaultText: 'audit-heads.jsonl in DATA_DIR',
  })
  @IsOptional()
  @IsString()
  readonly auditAnchorFile?: string;

  @Variable({
    name: 'AUDIT_ANCHOR_MINUTES',
    type: 'integer',
    description: 'Minutes between two additions to that file; nothing is added while no event is recorded.',
  })
  @IsInt()
  @Min(1)
  @Max(1440)
  readonly auditAnchorMinutes: number = 1;

  @Variable({
    name: 'ALLOW_EMBEDDED_DATABASE',
    type: 'boolean',
    description: 'Let production run on the embedded database, which survives a crash but not a power loss.',
  })
  @IsBoolean()
  readonly allowEmbeddedDatabase: boolean = false;

  @Variable({
    name: 'REDIS_URL',
    type: 'secret',
    description: 'Redis 7 for counters shared by several processes. Not set: they live in the memory of one process.',
    example: 'redis://:<password>@localhost:6379',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsInstance(Secret)
  readonly redisUrl?: Secret;

  @Variable({
    name: 'QDRANT_URL',
    type: 'text',
    description:
      'Qdrant server shown by /ready. Passages are searched by the embedded index until embeddings are configured.',
    example: 'http://localhost:6333',
    defaultText: 'not set',
  })
  @IsOptional()
  @Matches(/^https?:\/\/[^\s@]+$/, { message: '$property must be an http or https URL without credentials' })
  readonly qdrantUrl?: string;

  @Variable({
    name: 'QDRANT_ALLOW_HTTP',
    type: 'boolean',
    description: 'Let production speak http with Qdrant, for a container network that nobody else shares.',
  })
  @IsBoolean()
  readonly qdrantAllowHttp: boolean = false;
}
