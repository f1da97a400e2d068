import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsOptional } from 'class-validator';

/** How far the doctor goes. */
export class DoctorQuery {
  /** Also try the client secret of login with Nextcloud; for administrators, because Nextcloud may count the try. */
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  deep?: boolean;
}

/** One check. */
export class CheckResponse {
  /**
   * Stable; docs/nextcloud.md explains each.
   * @example "trusted-domains"
   */
  id!: string;

  /** @example "Nextcloud trusts the host name it is called by" */
  title!: string;

  /**
   * skipped: could not be looked at, or does not apply; the cause says why.
   * @example "fault"
   */
  status!: 'ok' | 'warning' | 'fault' | 'skipped';

  /** @example "Nextcloud refuses the host name in NEXTCLOUD_URL: it is not in its trusted_domains." */
  cause!: string | null;

  /** @example "occ config:system:set trusted_domains 2 --value=nextcloud" */
  fix!: string | null;

  /** What was seen; of the server for administrators only. */
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }], nullable: true },
    example: { host: 'nextcloud' },
  })
  facts?: Record<string, string | number | boolean | null>;
}

/** How many checks ended how. */
export class DoctorSummaryResponse {
  /** @example 24 */
  ok!: number;

  /** @example 1 */
  warnings!: number;

  /** @example 1 */
  faults!: number;

  /** @example 6 */
  skipped!: number;
}

/** A report of the doctor. */
export class DoctorResponse {
  /** In the order of the way: what comes first is best mended first. */
  checks!: CheckResponse[];

  /** How many checks ended how. */
  summary!: DoctorSummaryResponse;

  /**
   * When Nextcloud was asked; a report may be some seconds old.
   * @example "2026-11-22T10:00:00.000Z"
   */
  checked_at!: string;
}
