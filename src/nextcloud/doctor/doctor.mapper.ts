import type { CheckResult, CheckStatus } from './check.types.ts';
import type { CheckResponse, DoctorResponse, DoctorSummaryResponse } from './doctor.dto.ts';

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
