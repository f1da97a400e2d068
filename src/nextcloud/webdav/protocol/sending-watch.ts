import { failure } from '../../../outbound/transport-error.ts';

/** Longest time for the upstream to take a piece, and to answer after the last one. */
const PATIENCE_MS = 60_000;

/**
 * Watches a stream on its way to the upstream. The outbound client cannot tell a slow source from an upstream that has
 * stopped to read; here the time counts in which a piece is out and the next one has not been asked for.
 */
export class SendingWatch {
  /** Ends the request when the upstream takes too long, or when the caller's signal fires. */
  readonly signal: AbortSignal;
  /** Why the source itself failed; the request then fails because of it, however the transport calls that. */
  cause: Error | undefined;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(
    private readonly upstream: string,
    signal: AbortSignal,
    private readonly patienceMs = PATIENCE_MS,
  ) {
    this.signal = AbortSignal.any([signal, this.#controller.signal]);
  }

  /** The same pieces, watched. */
  async *watched(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const piece of content) {
        this.#wait();
        yield piece;
        clearTimeout(this.#timer);
      }
    } catch (error) {
      this.cause = error instanceof Error ? error : new Error('source');
      throw error;
    }
    this.#wait();
  }

  /** Stops waiting for good, also where the transport asks for another piece after the answer. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    if (this.#isOver) return;
    const late = (): void => this.#controller.abort(failure('upstream-timeout', this.upstream, 'sending'));
    this.#timer = setTimeout(late, this.patienceMs);
  }
}
