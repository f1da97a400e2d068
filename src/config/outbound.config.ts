import { IsArray, IsOptional, IsString } from 'class-validator';
import { Variable } from './variable.ts';

/** What this server may connect to. */
export class OutboundConfig {
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
}
