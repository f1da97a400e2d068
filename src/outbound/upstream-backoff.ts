import { createHash } from 'node:crypto';
import type { Counters } from '../ephemeral/counters.port.ts';
import { DomainError } from '../problem/domain-error.ts';
import type { ProblemCode } from '../problem/problem-codes.ts';
import { EVERY_CHANNEL, type Backoff } from './retry-after.ts';
import type { UpstreamPolicy } from './upstream.policy.ts';

interface Held {
  readonly code: ProblemCode;
  readonly since: number;
  readonly until: number;
}

/** Remembers until when one upstream asked for no requests. All processes that share our counters keep to a shared backoff. */
export class UpstreamBackoff {
  private readonly held = new Map<string, Held>();

  constructor(
    private readonly policy: UpstreamPolicy,
    private readonly counters?: Counters,
  ) {}

  /** @throws {DomainError} the code of the backoff, with Retry-After, while one lasts that this process was asked for */
  assertClear(channel: string): void {
    const now = performance.now();
    for (const each of [EVERY_CHANNEL, channel]) {
      const held = this.held.get(each);
      if (held !== undefined && held.until > now) throw this.refusal(held.code, held.until - now);
    }
  }

  /** True for a channel on which all processes back off together. */
  isShared(channel: string): boolean {
    return this.counters !== undefined && this.policy.sharedChannels[channel] !== undefined;
  }

  /** As `assertClear`, for what any process was asked for. @throws {DomainError} like that */
  async assertClearEverywhere(channel: string): Promise<void> {
    const code = this.policy.sharedChannels[channel];
    const window = await this.counters?.add(this.keyOf(channel), { windowMs: 1, by: 0 });
    if (code !== undefined && window !== undefined && window.count > 0) throw this.refusal(code, window.remainingMs);
  }

  async start({ channel, seconds, code, isShared = false }: Backoff): Promise<void> {
    const since = performance.now();
    this.held.set(channel, { code, since, until: since + seconds * 1_000 });
    if (isShared) await this.counters?.add(this.keyOf(channel), { windowMs: seconds * 1_000, by: 1 });
  }

  /** A request sent after the upstream asked to be left alone was answered well: it is over. */
  endIfStartedBefore(sentAt: number): void {
    const held = this.held.get(EVERY_CHANNEL);
    if (held !== undefined && held.since < sentAt) this.held.delete(EVERY_CHANNEL);
  }

  private refusal(code: ProblemCode, remainingMs: number): DomainError {
    return new DomainError(code, {
      retryAfterSeconds: Math.max(1, Math.ceil(remainingMs / 1_000)),
      logContext: { upstream: this.policy.name, reason: 'asked-to-wait' },
    });
  }

  private keyOf(channel: string): string {
    const origin = createHash('sha256').update(this.policy.origin).digest('hex').slice(0, 16);
    return `upstream-rest:${origin}:${channel}`;
  }
}
