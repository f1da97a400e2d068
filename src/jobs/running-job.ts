import type { JobContext } from './job-handler.port.ts';
import type { JobStore } from './job-store.ts';
import type { Job, JobCounters } from './job.entity.ts';

const WRITE_INTERVAL_MS = 300;

/** One job in progress: its signal, and its counters on their way to the row. */
export class RunningJob implements JobContext {
  readonly jobId: string;
  readonly userId: string;
  readonly kind: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly counters: JobCounters;
  readonly isLong: boolean;
  readonly #abort = new AbortController();
  #lastWrite = 0;
  #outcome: 'cancelled' | 'stopped' | undefined;

  constructor(
    row: Job,
    private readonly store: JobStore,
  ) {
    this.jobId = row.id;
    this.userId = row.userId;
    this.kind = row.kind;
    this.parameters = row.parameters;
    this.counters = row.counters;
    this.isLong = row.isLong;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isCancelled(): boolean {
    return this.#outcome === 'cancelled';
  }

  get isStopped(): boolean {
    return this.#outcome === 'stopped';
  }

  cancel(): void {
    this.#end('cancelled');
  }

  stop(): void {
    this.#end('stopped');
  }

  /** A short job has one turn; a long one goes on while nobody waits. */
  async isTurnOver(): Promise<boolean> {
    return !this.isLong || (await this.store.isLongOneWaiting(this));
  }

  async report(counters: JobCounters): Promise<void> {
    const now = Date.now();
    if (now - this.#lastWrite < WRITE_INTERVAL_MS) return;
    this.#lastWrite = now;
    await this.store.progress(this.jobId, counters);
  }

  #end(outcome: 'cancelled' | 'stopped'): void {
    this.#outcome ??= outcome;
    this.#abort.abort();
  }
}
