import type { Job, JobState } from './job.entity.ts';

/** Work in the background. */
export class JobResponse {
  /** @example "0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f" */
  id!: string;

  /**
   * What the job does.
   * @example "scan"
   */
  kind!: string;

  /**
   * queued and running are open; succeeded, failed and cancelled are final. A long scan takes turns with others: it is queued in between.
   * @example "running"
   */
  state!: JobState;

  /**
   * Counters of the work so far.
   * @example { "files_discovered": 10, "files_indexed": 8, "files_failed": 0, "files_skipped": 2 }
   */
  progress!: Record<string, number>;

  /** Code of the problem that ended a failed job, or that holds a queued one up; null otherwise. */
  problem_code!: string | null;

  /** When a job that waits for another server is tried again; null otherwise. It waits for a day at most. */
  next_attempt_at!: string | null;

  /**
   * How many jobs of this kind are run before a queued one; null otherwise.
   * @example null
   */
  jobs_ahead!: number | null;

  /** @example "2026-11-22T10:00:00.000Z" */
  created_at!: string;

  /** null while it waits. */
  started_at!: string | null;

  /** null while it is open. */
  finished_at!: string | null;
}

/** The jobs of a user, newest first. */
export class JobListResponse {
  /** At most 50. */
  jobs!: JobResponse[];
}

/** What a client sees of a job. */
export function jobResponse(job: Job): JobResponse {
  return {
    id: job.id,
    kind: job.kind,
    state: job.state,
    progress: job.counters,
    problem_code: job.problemCode ?? null,
    next_attempt_at: job.nextAttemptAt?.toISOString() ?? null,
    jobs_ahead: job.jobsAhead ?? null,
    created_at: job.createdAt.toISOString(),
    started_at: job.startedAt?.toISOString() ?? null,
    finished_at: job.finishedAt?.toISOString() ?? null,
  };
}
