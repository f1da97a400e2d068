import { IsInstance, IsOptional } from 'class-validator';
import { Secret } from './secret.ts';
import { Variable } from './variable.ts';

/** Keys that seal secrets at rest. */
export class SecretsConfig {
  /** Heading in the documents. */
  static readonly title = 'Keys';

  @Variable({
    name: 'SECRETS_KEYS',
    type: 'secret',
    description:
      'Key ring that seals app passwords and authenticates the audit trail: comma-separated id:key pairs, key = 32 bytes in base64. The first seals, all unseal; id:key:verify opens nothing and still proves the audit trail. Make one with: openssl rand -base64 32',
    example: 'k1:<32 bytes in base64>',
    defaultText: 'generated into DATA_DIR in development, required in production',
  })
  @IsOptional()
  @IsInstance(Secret)
  readonly keys?: Secret;
}
