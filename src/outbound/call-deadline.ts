import { failure } from './transport-error.ts';

/** The time a whole call may take, joined with the caller's own signal. Every timer ends with `clear`. */
export class CallDeadline {
  readonly signal: AbortSignal;
  private readonly timer: NodeJS.Timeout;

  constructor(upstream: string, totalTimeoutMs: number, callerSignal?: AbortSignal) {
    const controller = new AbortController();
    this.timer = setTimeout(() => controller.abort(failure('upstream-timeout', upstream, 'total')), totalTimeoutMs);
    this.signal = callerSignal ? AbortSignal.any([controller.signal, callerSignal]) : controller.signal;
  }

  clear(): void {
    clearTimeout(this.timer);
  }
}
