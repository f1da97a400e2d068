import type { JobFailures, OpenJobs } from './job-overview.ts';

/** The open jobs of one kind. */
export class OpenJobsResponse {
  /** @example "scan" */
  kind!: string;

  /** For their turn. */
  queued!: number;

  /** In any process. */
  running!: number;

  /** For another server. */
  waiting!: number;

  /** Seconds that the first of the queue waits. */
  longest_wait_seconds!: number;
}

/** Why jobs failed. */
export class JobFailuresResponse {
  /** @example "scan" */
  kind!: string;

  /** @example "upstream-misconfigured" */
  problem_code!: string;

  /** Jobs. */
  count!: number;

  /** Whose jobs they were. */
  users!: number;

  /** RFC 3339. */
  last_at!: string;
}

/** The jobs of all users, in numbers. */
export class JobOverviewResponse {
  /** By kind. */
  open!: OpenJobsResponse[];

  /** Of the last 24 hours, the most frequent first. */
  failures!: JobFailuresResponse[];
}

/** What administrators see. */
export function jobOverviewResponse({
  open,
  failures,
}: {
  readonly open: readonly OpenJobs[];
  readonly failures: readonly JobFailures[];
}): JobOverviewResponse {
  return {
    open: open.map(({ longestWaitSeconds, ...counted }) => ({ ...counted, longest_wait_seconds: longestWaitSeconds })),
    failures: failures.map(({ kind, problemCode, count, userCount, lastAt }) => ({
      kind,
      problem_code: problemCode,
      count,
      users: userCount,
      last_at: new Date(lastAt).toISOString(),
    })),
  };
}
