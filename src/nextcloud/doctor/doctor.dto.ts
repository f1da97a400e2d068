import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean } from 'class-validator';
import type { CheckResult, CheckStatus } from './check.types.ts';
import { Flag, MayBeAbsent } from '../../validation/members.ts';

/** How far the doctor goes. */
export class DoctorQuery {
  /** Also try the client secret of login with Nextcloud; for administrators, because Nextcloud may count the try. */
  @MayBeAbsent()
  @Flag()
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

/** What is told: everything to administrators; to others of the server the causes, and the facts of the own account. */
export interface ExaminedReport {
  readonly server: readonly CheckResult[];
  readonly account: readonly CheckResult[];
  readonly checkedAt: Date;
  readonly isForAdministrator: boolean;
}

/** The report as clients see it. */
export function doctorResponse({ server, account, checkedAt, isForAdministrator }: ExaminedReport): DoctorResponse {
  const checks = [...server.map((each) => (isForAdministrator ? whole(each) : guarded(each))), ...account.map(whole)];
  return { checks, summary: summaryOf([...server, ...account]), checked_at: checkedAt.toISOString() };
}

/** Counts results by status. */
export function summaryOf(results: readonly Pick<CheckResult, 'status'>[]): DoctorSummaryResponse {
  const count = (wanted: CheckStatus): number => results.filter(({ status }) => status === wanted).length;
  return { ok: count('ok'), warnings: count('warning'), faults: count('fault'), skipped: count('skipped') };
}

function whole({ id, title, status, cause, fix, facts }: CheckResult): CheckResponse {
  return { id, title, status, cause, fix, facts: { ...facts } };
}

/** Causes name no address, version or account; fixes and facts do. */
function guarded({ id, title, status, cause, fix }: CheckResult): CheckResponse {
  return { id, title, status, cause, fix: fix === null ? null : `Tell the administrator of this server: "${id}".` };
}
