import { createHash } from 'node:crypto';
import type { Counters } from '../ephemeral/counters.port.ts';
import { DomainError } from '../problem/domain-error.ts';
import type { ProblemCode } from '../problem/problem-codes.ts';
import { parseRetryAfterMs } from './retry-schedule.ts';
import type { UpstreamPolicy } from './upstream.policy.ts';

/** Longest time that an upstream can make us leave it alone, in seconds. */
export const MAX_REST_SECONDS = 3_600;

/** All lanes. */
const EVERY_LANE = '';

/** How long an upstream is left alone, and which requests to it. */
export interface Rest {
  /** Lane of requests, see OutboundRequest; the empty text for all of them. */
  readonly lane: string;
  readonly seconds: number;
  /** What is answered meanwhile. */
  readonly code: ProblemCode;
  /** All processes keep it, not only the one that was told. */
  readonly isShared?: boolean;
}

/** The facts of an answer that asks to be left alone. */
export interface RestRequest {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly lane: string;
}

/** What Retry-After asks for: of 503 for the whole upstream, of 429 for the lane. Null when it asks for nothing. */
export function retryAfterRest({ status, headers, lane }: RestRequest): Rest | null {
  const waitMs = parseRetryAfterMs(headers['retry-after']);
  if (waitMs === null || waitMs === 0 || (status !== 503 && status !== 429)) return null;
  const seconds = Math.min(MAX_REST_SECONDS, Math.ceil(waitMs / 1_000));
  return { lane: status === 503 ? EVERY_LANE : lane, seconds, code: 'upstream-busy' };
}

interface Held {
  readonly code: ProblemCode;
  readonly since: number;
  readonly until: number;
}

/** Remembers until when one upstream wants to be left alone. Shared rests are kept by every process that counts with us. */
export class UpstreamRest {
  private readonly held = new Map<string, Held>();
  private readonly policy: UpstreamPolicy;
  private readonly counters: Counters | undefined;

  constructor(policy: UpstreamPolicy, counters?: Counters) {
    this.policy = policy;
    this.counters = counters;
  }

  /** @throws {DomainError} the code of the rest, with Retry-After, while one lasts that this process was asked for */
  assertOver(lane: string): void {
    const now = performance.now();
    for (const each of [EVERY_LANE, lane]) {
      const held = this.held.get(each);
      if (held !== undefined && held.until > now) throw this.refusal(held.code, held.until - now);
    }
  }

  /** True for a lane whose rests are kept by all processes. */
  isShared(lane: string): boolean {
    return this.counters !== undefined && this.policy.sharedLanes[lane] !== undefined;
  }

  /** As `assertOver`, for what any process was asked for. @throws {DomainError} like that */
  async assertOverEverywhere(lane: string): Promise<void> {
    const code = this.policy.sharedLanes[lane];
    const window = await this.counters?.add(this.keyOf(lane), { windowMs: 1, by: 0 });
    if (code !== undefined && window !== undefined && window.count > 0) throw this.refusal(code, window.remainingMs);
  }

  async begin({ lane, seconds, code, isShared = false }: Rest): Promise<void> {
    const since = performance.now();
    this.held.set(lane, { code, since, until: since + seconds * 1_000 });
    if (isShared) await this.counters?.add(this.keyOf(lane), { windowMs: seconds * 1_000, by: 1 });
  }

  /** A request sent after the upstream asked to be left alone was answered well: it is over. */
  endIfBegunBefore(sentAt: number): void {
    const held = this.held.get(EVERY_LANE);
    if (held !== undefined && held.since < sentAt) this.held.delete(EVERY_LANE);
  }

  private refusal(code: ProblemCode, remainingMs: number): DomainError {
    return new DomainError(code, {
      retryAfterSeconds: Math.max(1, Math.ceil(remainingMs / 1_000)),
      logContext: { upstream: this.policy.name, reason: 'asked-to-wait' },
    });
  }

  private keyOf(lane: string): string {
    const origin = createHash('sha256').update(this.policy.origin).digest('hex').slice(0, 16);
    return `upstream-rest:${origin}:${lane}`;
  }
}
