import { DomainError } from '../problem/domain-error.ts';

/** Settings of a gate; an UpstreamPolicy fits. */
export interface GateOptions {
  readonly name: string;
  readonly concurrency: number;
  readonly maxQueued: number;
}

/** Lets a fixed number of callers through at a time; a bounded number waits in order. */
export class ConcurrencyGate {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  private readonly options: GateOptions;

  constructor(options: GateOptions) {
    this.options = options;
  }

  /**
   * Waits for a free place; the returned function gives it back (calling it twice does nothing).
   * @throws {DomainError} `upstream-busy` when the queue is full
   * @throws the signal's reason when it fires while waiting
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.running < this.options.concurrency) this.running += 1;
    else await this.wait(signal);
    let isHeld = true;
    return () => {
      if (isHeld) this.leave();
      isHeld = false;
    };
  }

  private leave(): void {
    const next = this.waiting.shift();
    // The place is handed over, so `running` does not change.
    if (next) next();
    else this.running -= 1;
  }

  private wait(signal: AbortSignal): Promise<void> {
    if (this.waiting.length >= this.options.maxQueued) {
      return Promise.reject(
        new DomainError('upstream-busy', {
          retryAfterSeconds: 1,
          logContext: { upstream: this.options.name, reason: 'queue-full' },
        }),
      );
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.waiting.splice(this.waiting.indexOf(admit), 1);
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      const admit = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      this.waiting.push(admit);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
