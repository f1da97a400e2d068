import { DomainError } from '../problem/domain-error.ts';

/** Settings of a bulkhead; an UpstreamPolicy fits. */
export interface BulkheadOptions {
  readonly name: string;
  readonly concurrency: number;
  readonly maxQueued: number;
  readonly callerConcurrency: number;
  readonly callerMaxQueued: number;
}

/** The caller that a slot is for. */
export interface BulkheadCaller {
  /** Undefined: the server itself, which may use every slot. */
  readonly id?: string | undefined;
  readonly isBackground?: boolean | undefined;
}

type Waiter = () => void;

/** What one caller has running and waiting. */
class CallerQuota {
  running = 0;
  background = 0;
  readonly waiting: Record<'interactive' | 'background', Waiter[]> = { interactive: [], background: [] };

  constructor(
    readonly maxRunning: number,
    readonly maxWaiting: number,
  ) {}

  get isIdle(): boolean {
    return this.running === 0 && !this.hasWaiting;
  }

  get hasWaiting(): boolean {
    return this.waiting.interactive.length > 0 || this.waiting.background.length > 0;
  }
}

/**
 * Lets a fixed number of requests through at a time, and of one caller a smaller number; bounded numbers wait, and the
 * callers take turns. Work in the background leaves slots for what somebody waits for: one of each caller's, and a
 * quarter of all.
 */
export class Bulkhead {
  private running = 0;
  private background = 0;
  private waiting = 0;
  private readonly quotas = new Map<string | undefined, CallerQuota>();
  /** Quotas with somebody waiting, the next turn first. */
  private readonly turns: CallerQuota[] = [];
  private readonly maxBackground: number;

  constructor(private readonly options: BulkheadOptions) {
    this.maxBackground = Math.max(1, options.concurrency - Math.ceil(options.concurrency / 4));
  }

  /**
   * Waits for a free slot; the returned function gives it back (calling it twice does nothing).
   * @throws {DomainError} `upstream-busy` when too many wait already
   * @throws the signal's reason when it fires while waiting
   */
  async enter(signal: AbortSignal, { id, isBackground = false }: BulkheadCaller = {}): Promise<() => void> {
    signal.throwIfAborted();
    const quota = this.quotaOf(id);
    if (this.mayRun(quota, isBackground)) this.occupy(quota, isBackground);
    else await this.wait(quota, isBackground, signal);
    let isHeld = true;
    return () => {
      if (isHeld) this.leave(id, quota, isBackground);
      isHeld = false;
    };
  }

  private quotaOf(id: string | undefined): CallerQuota {
    const { concurrency, maxQueued, callerConcurrency, callerMaxQueued } = this.options;
    const known = this.quotas.get(id);
    if (known !== undefined) return known;
    const quota =
      id === undefined ? new CallerQuota(concurrency, maxQueued) : new CallerQuota(callerConcurrency, callerMaxQueued);
    this.quotas.set(id, quota);
    return quota;
  }

  private mayRun(quota: CallerQuota, isBackground: boolean): boolean {
    if (this.running >= this.options.concurrency || quota.running >= quota.maxRunning) return false;
    if (!isBackground) return true;
    return quota.background < Math.max(1, quota.maxRunning - 1) && this.background < this.maxBackground;
  }

  private occupy(quota: CallerQuota, isBackground: boolean): void {
    this.running += 1;
    quota.running += 1;
    if (!isBackground) return;
    this.background += 1;
    quota.background += 1;
  }

  private leave(id: string | undefined, quota: CallerQuota, isBackground: boolean): void {
    this.running -= 1;
    quota.running -= 1;
    if (isBackground) {
      this.background -= 1;
      quota.background -= 1;
    }
    this.admit();
    if (quota.isIdle) this.quotas.delete(id);
  }

  /** Gives free slots to those who wait, one caller after the other. */
  private admit(): void {
    for (let asked = 0; asked < this.turns.length && this.running < this.options.concurrency; asked += 1) {
      const quota = this.turns.shift();
      if (quota === undefined) return;
      const kind = this.nextOf(quota);
      const waiter = kind === undefined ? undefined : quota.waiting[kind].shift();
      if (quota.hasWaiting) this.turns.push(quota);
      if (waiter === undefined) continue;
      this.occupy(quota, kind === 'background');
      waiter();
      // Everybody may be asked again: a slot was found, and the next one could be as well.
      asked = -1;
    }
  }

  private nextOf(quota: CallerQuota): 'interactive' | 'background' | undefined {
    if (quota.waiting.interactive.length > 0 && this.mayRun(quota, false)) return 'interactive';
    return quota.waiting.background.length > 0 && this.mayRun(quota, true) ? 'background' : undefined;
  }

  private wait(quota: CallerQuota, isBackground: boolean, signal: AbortSignal): Promise<void> {
    const queue = quota.waiting[isBackground ? 'background' : 'interactive'];
    if (this.waiting >= this.options.maxQueued) return Promise.reject(this.busy('queue-full'));
    if (queue.length >= quota.maxWaiting) return Promise.reject(this.busy('caller-queue-full'));
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.waiting -= 1;
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        end();
        queue.splice(queue.indexOf(admitted), 1);
        if (!quota.hasWaiting) this.turns.splice(this.turns.indexOf(quota), 1);
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      const admitted = (): void => {
        end();
        resolve();
      };
      if (!quota.hasWaiting) this.turns.push(quota);
      queue.push(admitted);
      this.waiting += 1;
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  private busy(reason: string): DomainError {
    return new DomainError('upstream-busy', {
      retryAfterSeconds: 1,
      logContext: { upstream: this.options.name, reason },
    });
  }
}
