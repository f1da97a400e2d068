import { DomainError } from '../problem/domain-error.ts';

/** Settings of a gate; an UpstreamPolicy fits. */
export interface GateOptions {
  readonly name: string;
  readonly concurrency: number;
  readonly maxQueued: number;
  readonly callerConcurrency: number;
  readonly callerMaxQueued: number;
}

/** On whose behalf somebody wants through. */
export interface GateCaller {
  /** Undefined: the server itself, which has no share of its own but the whole. */
  readonly id?: string | undefined;
  readonly isBackground?: boolean | undefined;
}

type Waiter = () => void;

/** What one caller has running and waiting. */
class Share {
  running = 0;
  background = 0;
  readonly waiting: Record<'interactive' | 'background', Waiter[]> = { interactive: [], background: [] };
  readonly maxRunning: number;
  readonly maxWaiting: number;

  constructor(maxRunning: number, maxWaiting: number) {
    this.maxRunning = maxRunning;
    this.maxWaiting = maxWaiting;
  }

  get isIdle(): boolean {
    return this.running === 0 && !this.hasWaiting;
  }

  get hasWaiting(): boolean {
    return this.waiting.interactive.length > 0 || this.waiting.background.length > 0;
  }
}

/**
 * Lets a fixed number of requests through at a time, and of one caller a smaller number; bounded numbers wait, and the
 * callers take turns. Work in the background leaves places for what somebody waits for: one of each caller's, and a
 * quarter of all.
 */
export class ConcurrencyGate {
  private running = 0;
  private background = 0;
  private waiting = 0;
  private readonly shares = new Map<string | undefined, Share>();
  /** Shares with somebody waiting, the next turn first. */
  private readonly turns: Share[] = [];
  private readonly maxBackground: number;

  private readonly options: GateOptions;

  constructor(options: GateOptions) {
    this.options = options;
    this.maxBackground = Math.max(1, options.concurrency - Math.ceil(options.concurrency / 4));
  }

  /**
   * Waits for a free place; the returned function gives it back (calling it twice does nothing).
   * @throws {DomainError} `upstream-busy` when too many wait already
   * @throws the signal's reason when it fires while waiting
   */
  async enter(signal: AbortSignal, { id, isBackground = false }: GateCaller = {}): Promise<() => void> {
    signal.throwIfAborted();
    const share = this.shareOf(id);
    if (this.mayRun(share, isBackground)) this.take(share, isBackground);
    else await this.wait(share, isBackground, signal);
    let isHeld = true;
    return () => {
      if (isHeld) this.leave(id, share, isBackground);
      isHeld = false;
    };
  }

  private shareOf(id: string | undefined): Share {
    const { concurrency, maxQueued, callerConcurrency, callerMaxQueued } = this.options;
    const known = this.shares.get(id);
    if (known !== undefined) return known;
    const share = id === undefined ? new Share(concurrency, maxQueued) : new Share(callerConcurrency, callerMaxQueued);
    this.shares.set(id, share);
    return share;
  }

  private mayRun(share: Share, isBackground: boolean): boolean {
    if (this.running >= this.options.concurrency || share.running >= share.maxRunning) return false;
    if (!isBackground) return true;
    return share.background < Math.max(1, share.maxRunning - 1) && this.background < this.maxBackground;
  }

  private take(share: Share, isBackground: boolean): void {
    this.running += 1;
    share.running += 1;
    if (!isBackground) return;
    this.background += 1;
    share.background += 1;
  }

  private leave(id: string | undefined, share: Share, isBackground: boolean): void {
    this.running -= 1;
    share.running -= 1;
    if (isBackground) {
      this.background -= 1;
      share.background -= 1;
    }
    this.admit();
    if (share.isIdle) this.shares.delete(id);
  }

  /** Gives free places to those who wait, one caller after the other. */
  private admit(): void {
    for (let asked = 0; asked < this.turns.length && this.running < this.options.concurrency; asked += 1) {
      const share = this.turns.shift();
      if (share === undefined) return;
      const kind = this.nextOf(share);
      const waiter = kind === undefined ? undefined : share.waiting[kind].shift();
      if (share.hasWaiting) this.turns.push(share);
      if (waiter === undefined) continue;
      this.take(share, kind === 'background');
      waiter();
      // Everybody may be asked again: a place was found, and the next one could be as well.
      asked = -1;
    }
  }

  private nextOf(share: Share): 'interactive' | 'background' | undefined {
    if (share.waiting.interactive.length > 0 && this.mayRun(share, false)) return 'interactive';
    return share.waiting.background.length > 0 && this.mayRun(share, true) ? 'background' : undefined;
  }

  private wait(share: Share, isBackground: boolean, signal: AbortSignal): Promise<void> {
    const queue = share.waiting[isBackground ? 'background' : 'interactive'];
    if (this.waiting >= this.options.maxQueued) return Promise.reject(this.busy('queue-full'));
    if (queue.length >= share.maxWaiting) return Promise.reject(this.busy('caller-queue-full'));
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.waiting -= 1;
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        end();
        queue.splice(queue.indexOf(admitted), 1);
        if (!share.hasWaiting) this.turns.splice(this.turns.indexOf(share), 1);
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      const admitted = (): void => {
        end();
        resolve();
      };
      if (!share.hasWaiting) this.turns.push(share);
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
