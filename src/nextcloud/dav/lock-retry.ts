import { pause } from '../../outbound/retry-after.ts';
import { isDomainError } from '../../problem/domain-error.ts';

const MAX_REPEATS = 5;
const BASE_MS = 100;
const MAX_MS = 1_000;

/**
 * Repeats a read while somebody else writes the file (423, or 500 with a LockedException): at most five times with
 * jitter, about three seconds in all.
 */
export async function whileLocked<T>(read: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await read();
    } catch (error) {
      if (attempt >= MAX_REPEATS || !isDomainError(error, 'resource-locked')) throw error;
      const span = Math.min(MAX_MS, BASE_MS * 2 ** attempt);
      await pause(span / 2 + Math.random() * (span / 2), signal ?? new AbortController().signal);
    }
  }
}
