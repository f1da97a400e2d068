import { setTimeout as sleep } from 'node:timers/promises';
import type { ProblemCode } from '../problem/problem-codes.ts';

/** Longest pause that a caller is kept waiting for, in milliseconds; a longer Retry-After is handed to the caller. */
export const MAX_RETRY_WAIT_MS = 5_000;

/** Longest backoff that an upstream can ask for, in seconds. */
const MAX_BACKOFF_SECONDS = 3_600;

const BASE_MS = 100;

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

/**
 * Reads Retry-After (RFC 9110 section 10.2.3): seconds or an HTTP date.
 * @returns milliseconds from now, 0 for the past, null when absent or unreadable
 */
export function parseRetryAfterMs(value: string | undefined, now = Date.now()): number | null {
  if (value === undefined) return null;
  const text = value.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const date = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** What Retry-After asks for: of 503 for the whole upstream, of 429 for the channel. Null when it asks for nothing. */
export function retryAfterBackoff({ status, headers, channel }: BackoffRequest): Backoff | null {
  const waitMs = parseRetryAfterMs(headers['retry-after']);
  if (waitMs === null || waitMs === 0 || (status !== 503 && status !== 429)) return null;
  const seconds = Math.min(MAX_BACKOFF_SECONDS, Math.ceil(waitMs / 1_000));
  return { channel: status === 503 ? EVERY_CHANNEL : channel, seconds, code: 'upstream-busy' };
}

/**
 * Pause before a repeat: Retry-After when there is one, else full jitter over a doubling span from 100 ms.
 * @param attempt 0 for the first repeat
 * @returns milliseconds, or null when the wait is longer than {@link MAX_RETRY_WAIT_MS}
 */
export function retryDelayMs(attempt: number, retryAfterMs: number | null): number | null {
  if (retryAfterMs === null) return Math.ceil(Math.random() * BASE_MS * 2 ** attempt);
  return retryAfterMs > MAX_RETRY_WAIT_MS ? null : retryAfterMs;
}

/** Waits; rejects with the signal's reason when it fires. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(delayMs, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
