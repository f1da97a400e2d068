import { IsInstance, IsOptional } from 'class-validator';
import { Secret } from './secret.ts';
import { Variable } from './variable.ts';

/** Keys of programs that sign their requests. */
export class SigningConfig {
  /** Heading in the documents. */
  static readonly title = 'Signed requests and webhooks';

  @Variable({
    name: 'REQUEST_SIGNING_KEYS',
    type: 'secret',
    description:
      'Keys that requests are signed with (RFC 9421, HMAC-SHA-256; docs/request-signing.md): comma-separated id:key pairs, key = at least 32 bytes in base64, each good until it is removed. With them the operations marked x-signed-request must be signed; a key id:key:webhooks is good for webhooks only. Make one with: openssl rand -base64 32',
    example: 'panel1:<32 bytes in base64>',
    defaultText: 'not set: requests need no signature',
  })
  @IsOptional()
  @IsInstance(Secret)
  readonly keys?: Secret;

  @Variable({
    name: 'NEXTCLOUD_WEBHOOK_SECRET',
    type: 'secret',
    description:
      'Secret of at least 32 characters that the webhooks of Nextcloud (app webhook_listeners) bring as Authorization: Bearer. Make one with: openssl rand -hex 32',
    defaultText: 'not set: only signed webhooks are accepted',
  })
  @IsOptional()
  @IsInstance(Secret)
  readonly webhookSecret?: Secret;
}
