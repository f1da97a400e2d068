import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { failure, fromTransportError } from './transport-error.ts';

/** Limits of one body, see UpstreamPolicy. */
export interface BodyLimits {
  readonly upstream: string;
  readonly maxBodyBytes: number;
  readonly idleBodyTimeoutMs: number;
  readonly minBodyBytesPerSecond: number;
  /** Ends the call; its reason is thrown as it is. */
  readonly signal: AbortSignal;
}

/** Real listings shrink by a factor of 16 to 40; beyond this a small answer is meant to exhaust us. */
const MAX_GZIP_RATIO = 150;
const GZIP_RATIO_FROM_BYTES = 4 * 1_024 * 1_024;

/** A decoded body and how many bytes of the wire it has taken so far. */
export interface DecodedBody {
  readonly stream: Readable;
  readonly rawBytes: (() => number) | null;
}

/** Undoes gzip when the answer is marked so; any other coding was not asked for. */
export function decodedBody(source: Readable, contentEncoding: string | undefined, upstream: string): DecodedBody {
  const coding = (contentEncoding ?? '').trim().toLowerCase();
  if (coding === '' || coding === 'identity') return { stream: source, rawBytes: null };
  if (coding !== 'gzip' && coding !== 'x-gzip') {
    source.destroy();
    throw failure('upstream-protocol-error', upstream, 'content-encoding');
  }
  const decoder = createGunzip();
  // The error reaches whoever reads the decoder; pipeline only cleans up after both.
  pipeline(source, decoder, () => undefined);
  return { stream: decoder, rawBytes: () => decoder.bytesWritten };
}

/** Reads a body under its limits; `onBytes` learns of every piece. Leaving the loop early closes the connection. */
export async function* guardedBody(
  body: DecodedBody,
  limits: BodyLimits,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const source = body.stream;
  const pieces = source[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  const rate = new RateWatch(limits);
  let total = 0;
  try {
    for (;;) {
      const piece = await nextPiece(source, pieces, limits);
      if (piece.done) return;
      total += piece.value.length;
      onBytes(piece.value.length);
      if (total > limits.maxBodyBytes) throw failure('upstream-protocol-error', limits.upstream, 'body-too-large');
      if (body.rawBytes && isBomb(total, body.rawBytes()))
        throw failure('upstream-protocol-error', limits.upstream, 'gzip-ratio');
      if (rate.isTooSlow(piece.value.length, piece.waitedMs))
        throw failure('upstream-timeout', limits.upstream, 'slow-body');
      yield piece.value;
    }
  } catch (error) {
    limits.signal.throwIfAborted();
    throw fromTransportError(error, limits.upstream);
  } finally {
    source.destroy();
  }
}

function isBomb(decodedBytes: number, rawBytes: number): boolean {
  return decodedBytes > GZIP_RATIO_FROM_BYTES && decodedBytes > rawBytes * MAX_GZIP_RATIO;
}

type Piece = { readonly done: true } | { readonly done: false; readonly value: Uint8Array; readonly waitedMs: number };

async function nextPiece(source: Readable, pieces: AsyncIterator<Uint8Array>, limits: BodyLimits): Promise<Piece> {
  const startedAt = performance.now();
  const timer = setTimeout(
    () => source.destroy(failure('upstream-timeout', limits.upstream, 'idle-body')),
    limits.idleBodyTimeoutMs,
  );
  try {
    const result = await pieces.next();
    return result.done ? { done: true } : { done: false, value: result.value, waitedMs: performance.now() - startedAt };
  } finally {
    clearTimeout(timer);
  }
}

/** Compares what arrived with what had to arrive, counting only the time spent waiting for the upstream. */
class RateWatch {
  private waitedMs = 0;
  private bytes = 0;

  constructor(private readonly limits: BodyLimits) {}

  isTooSlow(bytes: number, waitedMs: number): boolean {
    this.bytes += bytes;
    this.waitedMs += waitedMs;
    if (this.waitedMs < this.limits.idleBodyTimeoutMs) return false;
    const isSlow = this.bytes < (this.limits.minBodyBytesPerSecond * this.waitedMs) / 1_000;
    this.bytes = 0;
    this.waitedMs = 0;
    return isSlow;
  }
}
