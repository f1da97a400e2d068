import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import { withOrigin } from '../access/request-origin.ts';
import { HttpConfig } from '../config/http.config.ts';
import { Metrics } from '../metrics/metrics.ts';
import { SchemaMigrator } from '../persistence/schema-migrator.ts';
import { isDomainError, type DomainError } from '../problem/domain-error.ts';
import { failureForLog } from '../problem/failure-for-log.ts';
import { toDomainError } from '../problem/to-domain-error.ts';
import { Boss, type QueuedJob } from './boss.ts';
import { TurnOver, type JobHandler } from './job-handler.port.ts';
import { JobStore, longQueueOf, type JobEnd } from './job-store.ts';
import { RunningJob } from './running-job.ts';

const CANCEL_POLL_MS = 1000;
const LOST_POLL_MS = 15_000;

/** Another server cannot serve anybody now; it says nothing of the job. */
function isUpstreamAway(problem: DomainError): boolean {
  return isDomainError(
    problem,
    'upstream-unavailable',
    'upstream-maintenance',
    'upstream-timeout',
    'upstream-busy',
    'upstream-throttled',
  );
}

/** Thrown into pg-boss when a job stops unfinished, so that another worker takes it up again. */
class UnfinishedJob extends Error {}

/** Runs the jobs of this process and keeps their rows true. */
@Injectable()
export class JobRunner implements OnModuleDestroy, BeforeApplicationShutdown {
  readonly #log = new Logger('Jobs');
  readonly #handlers: JobHandler[] = [];
  readonly #workers = new Map<string, string>();
  readonly #running = new Map<string, RunningJob>();
  #cancelPoll: NodeJS.Timeout | undefined;
  #lostPoll: NodeJS.Timeout | undefined;
  #isStarted = false;
  #isStopping = false;

  constructor(
    private readonly boss: Boss,
    private readonly store: JobStore,
    private readonly config: HttpConfig,
    schema: SchemaMigrator,
    private readonly metrics: Metrics,
  ) {
    schema.whenReady(() => this.#start());
  }

  /** Registers a kind of work; call it while the application starts. */
  register(handler: JobHandler): void {
    this.#handlers.push(handler);
  }

  /** Makes this process look for work of a kind at once. */
  wake(kind: string): void {
    for (const queue of [kind, longQueueOf(kind)]) {
      const worker = this.#workers.get(queue);
      if (worker !== undefined) this.boss.wake(worker);
    }
  }

  /** Aborts a job that runs in this process. */
  abort(jobId: string): void {
    this.#running.get(jobId)?.cancel();
  }

  onModuleDestroy(): void {
    this.#isStopping = true;
    clearInterval(this.#cancelPoll);
    clearInterval(this.#lostPoll);
    for (const job of this.#running.values()) job.stop();
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.#isStarted) await this.boss.stop(this.config.shutdownGraceSeconds * 1000);
  }

  async #start(): Promise<void> {
    await this.boss.start();
    this.#isStarted = true;
    for (const handler of this.#handlers) {
      await this.#startQueue(handler, handler.kind, handler.concurrency);
      if (handler.longConcurrency > 0) {
        await this.#startQueue(handler, longQueueOf(handler.kind), handler.longConcurrency);
      }
    }
    this.#cancelPoll = setInterval(() => void this.#lookForCancels(), CANCEL_POLL_MS);
    if (this.config.runsJobs) this.#lostPoll = setInterval(() => void this.#lookForLost(), LOST_POLL_MS);
  }

  async #startQueue(handler: JobHandler, queue: string, concurrency: number): Promise<void> {
    await this.boss.createQueue(queue);
    if (!this.config.runsJobs) return;
    this.#workers.set(queue, await this.boss.work(queue, concurrency, (queued) => this.#run(handler, queued)));
  }

  async #run(handler: JobHandler, queued: QueuedJob): Promise<void> {
    const { jobId } = queued;
    // The queue took it for dead while it could not write.
    if (this.#isStopping || this.#running.has(jobId)) throw new UnfinishedJob();
    const row = await this.store.begin(queued);
    if (row === null) return;
    const job = new RunningJob(row, this.store);
    this.#running.set(jobId, job);
    try {
      const counters = await withOrigin({ requestId: jobId, address: null, userAgent: null }, () => handler.run(job));
      await this.#finish(job, { state: 'succeeded', counters });
    } catch (error) {
      await this.#fail(job, error, handler);
    } finally {
      this.#running.delete(jobId);
    }
  }

  async #fail(job: RunningJob, error: unknown, { waitsForUpstream }: JobHandler): Promise<void> {
    if (job.isCancelled) return this.#finish(job, { state: 'cancelled' });
    if (job.isStopped) {
      await this.store.requeue(job.jobId);
      throw new UnfinishedJob();
    }
    if (error instanceof TurnOver) {
      await this.store.endTurn(job);
      this.wake(job.kind);
      return;
    }
    const problem = toDomainError(error);
    // Without the database nothing can be recorded: the job stays as it is and is taken up again.
    if (problem.code === 'service-unavailable') throw problem;
    this.#log.warn({ jobId: job.jobId, kind: job.kind, code: problem.code, ...failureForLog(problem.cause ?? error) });
    if (waitsForUpstream && isUpstreamAway(problem)) {
      const askedSeconds = problem.options.retryAfterSeconds ?? 0;
      if (await this.store.wait(job, problem.code, askedSeconds)) return;
    }
    await this.#finish(job, { state: 'failed', problemCode: problem.code });
  }

  async #finish({ jobId, kind }: RunningJob, end: JobEnd): Promise<void> {
    await this.store.finish(jobId, end);
    this.metrics.jobEnded(kind, end.state);
  }

  async #lookForLost(): Promise<void> {
    try {
      for (const kind of new Set(await this.store.requeueLost())) this.wake(kind);
    } catch (error) {
      this.#log.warn({ ...failureForLog(error) }, 'Jobs that the queue has lost cannot be looked for now');
    }
  }

  async #lookForCancels(): Promise<void> {
    if (this.#running.size === 0) return;
    try {
      const cancelled = await this.store.cancelRequested([...this.#running.keys()]);
      for (const id of cancelled) this.#running.get(id)?.cancel();
    } catch (error) {
      this.#log.warn({ ...failureForLog(error) }, 'Cancel requests cannot be read now');
    }
  }
}
