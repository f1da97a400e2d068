import { DomainError } from '../problem/domain-error.ts';

/** How a request that the breaker let through ended. `none`: it says nothing about the upstream (aborted). */
export type BreakerOutcome = 'success' | 'failure' | 'maintenance' | 'none';

/** Settings of a breaker. */
export interface BreakerOptions {
  readonly upstream: string;
  /** Consecutive failures that open it. */
  readonly threshold: number;
  /** How long it stays open, in milliseconds. */
  readonly openMs: number;
}

/** Leaves an upstream alone after repeated failures; then one request at a time tries again. */
export class CircuitBreaker {
  private failures = 0;
  private openUntil = 0;
  private isProbing = false;
  private isInMaintenance = false;

  constructor(private readonly options: BreakerOptions) {}

  /**
   * Asks to send a request; the returned function must be told once how it ended.
   * @throws {DomainError} `upstream-busy`, or `upstream-maintenance`, with Retry-After while the upstream is left alone
   */
  enter(): (outcome: BreakerOutcome) => void {
    this.assertMayTry();
    const isProbe = this.failures >= this.options.threshold;
    if (isProbe) this.isProbing = true;
    let isOpenEnded = true;
    return (outcome) => {
      if (!isOpenEnded) return;
      isOpenEnded = false;
      if (isProbe) this.isProbing = false;
      this.record(outcome);
    };
  }

  /** Throws as `enter` does, without taking part: lets a caller fail before it queues. */
  assertMayTry(): void {
    const remainingMs = this.openUntil - performance.now();
    if (this.failures < this.options.threshold || (remainingMs <= 0 && !this.isProbing)) return;
    throw new DomainError(this.isInMaintenance ? 'upstream-maintenance' : 'upstream-busy', {
      retryAfterSeconds: Math.max(1, Math.ceil(remainingMs / 1_000)),
      logContext: { upstream: this.options.upstream, reason: 'circuit-open' },
    });
  }

  private record(outcome: BreakerOutcome): void {
    if (outcome === 'success') this.failures = 0;
    if (outcome !== 'failure' && outcome !== 'maintenance') return;
    this.isInMaintenance = outcome === 'maintenance';
    this.failures += 1;
    if (this.failures >= this.options.threshold) this.openUntil = performance.now() + this.options.openMs;
  }
}
