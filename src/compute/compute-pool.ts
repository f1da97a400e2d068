import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Piscina } from 'piscina';
import { DomainError } from '../problem/domain-error.ts';
import type * as tasks from './compute.worker.ts';

type Tasks = typeof tasks;
type Input<Name extends keyof Tasks> = Parameters<Tasks[Name]>[0];
type Output<Name extends keyof Tasks> = Awaited<ReturnType<Tasks[Name]>>;

const WORKER = new URL(`./compute.worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
const MAX_WAITING_TASKS = 64;
const IDLE_TIMEOUT_MS = 30_000;
const MAX_HEAP_MB = 128;
const TASK_TIMEOUT_MS = 20_000;
const RETRY_AFTER_SECONDS = 2;

/** Work that would block the event loop, in as many threads as there are cores; idle threads end after 30 s. */
@Injectable()
export class ComputePool implements OnModuleDestroy {
  readonly #pool = new Piscina({
    filename: fileURLToPath(WORKER),
    minThreads: 0,
    maxThreads: availableParallelism(),
    maxQueue: MAX_WAITING_TASKS,
    idleTimeout: IDLE_TIMEOUT_MS,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    // A thread computes; it needs neither the secrets of the environment nor the flags of the process.
    env: {},
    execArgv: [],
  });

  readonly #stop = new AbortController();

  /** Tasks that have ended since the start. */
  get completedTasks(): number {
    return this.#pool.completed;
  }

  /**
   * Runs one task in a thread of its own.
   *
   * @param timeoutMs longest time of waiting and running together; the thread is ended when it is over
   * @throws DomainError `service-busy` when 64 tasks wait already, or when the time is over; `service-stopping` after `stop`
   */
  async runTask<Name extends keyof Tasks>(
    name: Name,
    input: Input<Name>,
    timeoutMs: number = TASK_TIMEOUT_MS,
  ): Promise<Output<Name>> {
    if (this.#isStopping()) throw stopping();
    if (this.#pool.queueSize >= MAX_WAITING_TASKS) throw busy(name, 'queue-full');
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#stop.signal]);
    try {
      return (await this.#pool.run(input, { name, signal })) as Output<Name>;
    } catch (error) {
      if (signal.aborted) throw this.#isStopping() ? stopping() : busy(name, 'timeout', error);
      throw error;
    }
  }

  /** Ends what runs and waits: a stopping server has no time left for it. */
  stop(): void {
    this.#stop.abort();
  }

  #isStopping(): boolean {
    return this.#stop.signal.aborted;
  }

  async onModuleDestroy(): Promise<void> {
    this.stop();
    await this.#pool.destroy();
  }
}

function stopping(): DomainError {
  return new DomainError('service-stopping', { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

function busy(task: string, reason: string, cause?: unknown): DomainError {
  return new DomainError('service-busy', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    logContext: { task, reason },
    cause,
  });
}
