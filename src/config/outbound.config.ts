import { IsArray, IsOptional, IsString, Matches } from 'class-validator';
import { Variable } from './variable.ts';

/** What this server may connect to. */
export class OutboundConfig {
  /** Heading in the documents. */
  static readonly title = 'Outgoing connections';

  @Variable({
    name: 'OUTBOUND_ALLOW',
    type: 'list',
    description:
      'Hosts or CIDR ranges in private networks that users may name (for example a mail server). Servers configured here by the operator need no entry.',
    example: 'mail.clinic.lan,10.1.0.0/16',
  })
  @IsArray()
  @IsString({ each: true })
  readonly allow: readonly string[] = [];

  @Variable({
    name: 'OUTBOUND_CA_FILE',
    type: 'text',
    description: 'PEM file with further certificate authorities to trust. Verification itself cannot be switched off.',
    example: '/etc/ssl/clinic-ca.pem',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsString()
  readonly caFile?: string;

  @Variable({
    name: 'OUTBOUND_PINS',
    type: 'list',
    description:
      'Keys that servers must have, beside a valid certificate: host[:port]=sha256/BASE64, the SHA-256 of the SubjectPublicKeyInfo of the certificate of the server or of one that its chain was verified with (RFC 7469 section 2.4). Several of one server are alternatives: list a backup key as well.',
    example: 'cloud.clinic.example=sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
  })
  @IsArray()
  @Matches(/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?=sha256\/[A-Za-z0-9+/]{43}=$/, {
    each: true,
    message: '$property must list pins of the form host[:port]=sha256/BASE64',
  })
  readonly pins: readonly string[] = [];

  @Variable({
    name: 'NODE_TLS_REJECT_UNAUTHORIZED',
    type: 'text',
    description:
      'A switch of Node. It has no effect on the connections of this server; production refuses to start while it is 0.',
    defaultText: 'not set',
  })
  @IsOptional()
  @IsString()
  readonly nodeTlsSwitch?: string;
}
