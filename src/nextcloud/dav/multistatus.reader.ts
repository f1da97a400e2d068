import { setImmediate as nextTurn } from 'node:timers/promises';
import { TextDecoder } from 'node:util';
import { failure } from '../../outbound/transport-error.ts';
import { DEFAULT_MULTISTATUS_LIMITS, MultistatusError, MultistatusParser } from './multistatus.parser.ts';
import type { DavResponse, MultistatusLimits } from './multistatus.types.ts';

const SLICE_CHARS = 16 * 1_024;
const MAX_TURN_MS = 10;

/** Reads a multistatus body response by response; memory stays bounded and the event loop gets its turns. */
export class MultistatusReader implements AsyncIterable<DavResponse> {
  private readonly parser: MultistatusParser;

  constructor(
    private readonly body: AsyncIterable<Uint8Array>,
    private readonly upstream: string,
    limits: MultistatusLimits = DEFAULT_MULTISTATUS_LIMITS,
  ) {
    this.parser = new MultistatusParser(limits);
  }

  /** Known when the iteration has ended. */
  get syncToken(): string | null {
    return this.parser.syncToken;
  }

  /**
   * One pass. An answer that is cut off or unacceptable fails, after the responses before that point were given: only an
   * iteration that ended without an error is a complete listing.
   * @throws {DomainError} `upstream-protocol-error`, or what the body throws
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<DavResponse, void, undefined> {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    try {
      for await (const text of slices(this.body, decoder)) yield* this.parser.write(text);
      yield* this.parser.write(decoder.decode());
      this.parser.end();
    } catch (error) {
      if (error instanceof MultistatusError) throw failure('upstream-protocol-error', this.upstream, error.reason);
      if (isDecodingError(error)) throw failure('upstream-protocol-error', this.upstream, 'not-utf-8');
      throw error;
    }
  }
}

async function* slices(body: AsyncIterable<Uint8Array>, decoder: TextDecoder): AsyncGenerator<string> {
  let turnStartedAt = performance.now();
  for await (const bytes of body) {
    const text = decoder.decode(bytes, { stream: true });
    for (let start = 0; start < text.length; start += SLICE_CHARS) {
      yield text.slice(start, start + SLICE_CHARS);
      if (performance.now() - turnStartedAt < MAX_TURN_MS) continue;
      await nextTurn();
      turnStartedAt = performance.now();
    }
  }
}

function isDecodingError(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
  );
}
