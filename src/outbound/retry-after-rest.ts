import type { ProblemCode } from '../problem/problem-codes.ts';
import { parseRetryAfterMs } from './retry-after.ts';

/** Longest backoff that an upstream can ask for, in seconds. */
const MAX_BACKOFF_SECONDS = 3_600;

/** Channel of a backoff that concerns all requests. */
export const EVERY_CHANNEL = '';

/** How long no requests are sent to an upstream, and on which channel. */
export interface Backoff {
  /** Channel of requests, see OutboundRequest; the empty text for all of them. */
  readonly channel: string;
  readonly seconds: number;
  /** What is answered meanwhile. */
  readonly code: ProblemCode;
  /** All processes keep it, not only the one that was told. */
  readonly isShared?: boolean;
}

/** The facts of an answer that asks for a backoff. */
export interface BackoffRequest {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly channel: string;
}

/** What Retry-After asks for: of 503 for the whole upstream, of 429 for the channel. Null when it asks for nothing. */
export function retryAfterBackoff({ status, headers, channel }: BackoffRequest): Backoff | null {
  const waitMs = parseRetryAfterMs(headers['retry-after']);
  if (waitMs === null || waitMs === 0 || (status !== 503 && status !== 429)) return null;
  const seconds = Math.min(MAX_BACKOFF_SECONDS, Math.ceil(waitMs / 1_000));
  return { channel: status === 503 ? EVERY_CHANNEL : channel, seconds, code: 'upstream-busy' };
}
