import type { JobCounters } from './job.entity.ts';

/** What a handler gets to do its work. */
export interface JobContext {
  readonly jobId: string;
  readonly userId: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Aborts when the user cancels the job or the server stops; a handler then leaves at its next checkpoint. */
  readonly signal: AbortSignal;
  /** Publishes counters; written to the job at most a few times a second. */
  report(counters: JobCounters): Promise<void>;
}

/**
 * Work of one kind. A handler may be run again after a crash or a stop, so each of its steps must be repeatable.
 */
export abstract class JobHandler {
  /** Name of the kind and of its queue. */
  abstract readonly kind: string;

  /** Jobs of this kind that one process runs at the same time. */
  abstract readonly concurrency: number;

  /** Whether a job waits, for a day at most, while another server is away; else it fails. Default false. */
  readonly waitsForUpstream: boolean = false;

  /**
   * Does the work.
   *
   * @returns the final counters
   * @throws DomainError when the job has failed for good; its code becomes the `problem_code` of the job
   */
  abstract run(context: JobContext): Promise<JobCounters>;
}
