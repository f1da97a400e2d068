/** What a task carries: identifiers only, never content or secrets. */
export type TaskData = Readonly<Record<string, string | number | boolean>>;

/**
 * Work of the server itself that no user waits for or sees: a message to send, rows to clear away. It runs at least
 * once and may run again after a crash, so each of its steps must be repeatable.
 */
export abstract class TaskHandler {
  /** Name of the kind and of its queue. */
  abstract readonly kind: string;

  /** Tasks of this kind that one process runs at the same time. */
  abstract readonly concurrency: number;

  /** Runs by itself every so many seconds, in one process at a time; without it only when it is asked for. */
  readonly everySeconds?: number;

  /**
   * Does the work.
   *
   * @throws anything to be run again later, with growing pauses, for two days; a task that repeats by itself is not run
   *   again before its next time
   */
  abstract run(data: TaskData): Promise<void>;
}
