import type { ProblemCode } from '../problem/problem-codes.ts';
import { parseRetryAfterMs } from './retry-after.ts';

/** Longest time that an upstream can make us leave it alone, in seconds. */
const MAX_REST_SECONDS = 3_600;

/** Lane of a rest that concerns all requests. */
export const EVERY_LANE = '';

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
