import type { Readable } from 'node:stream';
import { DomainError, isDomainError } from '../../problem/domain-error.ts';

/** What is asked of a client that sends content. */
export interface ClientPace {
  /** Longest wait for the next piece, in milliseconds; also the window in which the rate is measured. */
  readonly idleMs: number;
  readonly minBytesPerSecond: number;
}

const PACE: ClientPace = { idleMs: 30_000, minBytesPerSecond: 1_024 };
const MILLISECONDS = 1_000;
const GONE = 'client-gone';

/**
 * The body of a request as it arrives; only the time spent waiting for the client counts. Leaving the loop early leaves
 * the connection as it is, so that the client can still be answered.
 *
 * @throws DomainError `request-timeout` when the client sends nothing, or less than 1 KiB a second, for half a minute
 */
export async function* clientContent(body: Readable, pace: ClientPace = PACE): AsyncGenerator<Uint8Array, void> {
  const pieces = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
  let waitedMs = 0;
  let bytes = 0;
  try {
    for (;;) {
      const startedAt = performance.now();
      const piece = await nextPiece(pieces, pace.idleMs);
      if (piece.done === true) return;
      waitedMs += performance.now() - startedAt;
      bytes += piece.value.length;
      const isWindowOver = waitedMs >= pace.idleMs;
      if (isWindowOver && bytes < (pace.minBytesPerSecond * waitedMs) / MILLISECONDS) {
        throw new DomainError('request-timeout');
      }
      if (isWindowOver) waitedMs = bytes = 0;
      yield piece.value;
    }
  } finally {
    // Not awaited: it waits for the piece that may never come.
    void pieces.return?.().catch(() => undefined);
  }
}

/** The reason that ends a request after its client has left; nobody sees the answer. */
export function clientGone(): DomainError {
  return new DomainError('malformed-request', { detail: 'The client went away.', logContext: { reason: GONE } });
}

/** True for {@link clientGone}. */
export function isClientGone(error: unknown): boolean {
  return isDomainError(error, 'malformed-request') && error.options.logContext?.['reason'] === GONE;
}

async function nextPiece(
  pieces: AsyncIterator<Uint8Array>,
  idleMs: number,
): Promise<IteratorResult<Uint8Array, unknown>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DomainError('request-timeout')), idleMs);
  });
  const next = pieces.next().catch(() => {
    throw clientGone();
  });
  try {
    return await Promise.race([next, late]);
  } finally {
    clearTimeout(timer);
    next.catch(() => undefined);
  }
}
