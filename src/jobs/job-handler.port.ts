import type { JobCounters } from './job.entity.ts';

/** What a handler gets to do its work. */
export interface JobContext {
  readonly jobId: string;
  readonly userId: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Aborts when the user cancels the job or the server stops; a handler then leaves at its next checkpoint. */
  readonly signal: AbortSignal;
  /** What earlier turns have counted. */
  readonly counters: JobCounters;
  /** False: it runs among the short ones, and goes among the long ones with its next turn. */
  readonly isLong: boolean;
  /** Whether the job should leave its place to another one: throw `TurnOver` then. Ask it now and then. */
  isTurnOver(): Promise<boolean>;
  /** Publishes counters; written to the job at most a few times a second. */
  report(counters: JobCounters): Promise<void>;
}

/** Thrown by a handler that leaves its place to another job. It is run again, from the beginning, after those that wait. */
export class TurnOver extends Error {}

/**
 * Work of one kind. A handler may be run again after a crash or a stop, so each of its steps must be repeatable.
 */
export abstract class JobHandler {
  /** Name of the kind and of its queue. */
  abstract readonly kind: string;

  /** Jobs of this kind that one process runs at the same time. */
  abstract readonly concurrency: number;

  /** Besides, so many long ones, which take turns. Default 0: there are none. */
  readonly longConcurrency: number = 0;

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
