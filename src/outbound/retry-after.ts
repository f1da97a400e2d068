import { setTimeout as sleep } from 'node:timers/promises';

/** Longest pause that a caller is kept waiting for, in milliseconds; a longer Retry-After is handed to the caller. */
export const MAX_RETRY_WAIT_MS = 5_000;

const BASE_MS = 100;

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
