import { DomainError } from '../../problem/domain-error.ts';
import { MAX_CHUNKS, type Chunk } from '../webdav/protocol/webdav-transfers.client.ts';

const MIB = 1_024 * 1_024;
/** Nextcloud wants chunks of this size or more, except the last. */
const MIN_CHUNK_BYTES = 5 * MIB;
const CHUNK_BYTES = 16 * MIB;

/** The largest file that is read into memory and sent in one request; also the most that is kept of any upload. */
export const SMALL_BYTES = MIN_CHUNK_BYTES;

/** What a client uploads, cut into chunks of a length that is known before they are sent. One pass. */
export class UploadContent {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #maxBytes: number;
  readonly #sizeBytes: number | null;
  #held: Uint8Array[] = [];
  #received = 0;

  /**
   * @param sizeBytes as the client has announced it; null when it has not
   * @param maxBytes more than this is `file-too-large`
   */
  constructor(
    content: AsyncIterable<Uint8Array>,
    { sizeBytes, maxBytes }: { sizeBytes: number | null; maxBytes: number },
  ) {
    this.#pieces = content[Symbol.asyncIterator]();
    this.#sizeBytes = sizeBytes;
    this.#maxBytes = maxBytes;
  }

  /** Bytes that have arrived so far. */
  get received(): number {
    return this.#received;
  }

  /** The whole content when it is small, else null; nothing is lost. @throws DomainError `file-too-large` */
  async findWhole(): Promise<Buffer | null> {
    if (this.#sizeBytes !== null && this.#sizeBytes > SMALL_BYTES) return null;
    const read: Uint8Array[] = [];
    for await (const piece of this.#take(SMALL_BYTES)) read.push(piece);
    const next = await this.#next();
    if (next === null) return Buffer.concat(read);
    this.#held = [...read, next];
    return null;
  }

  /** @throws DomainError `file-too-large`, and what the content throws */
  async *chunks(): AsyncGenerator<Chunk, void> {
    yield* this.#sizeBytes === null ? this.#chunksOfUnknownLength() : this.#chunksOf(this.#sizeBytes);
  }

  /** Lets go of the source. */
  async end(): Promise<void> {
    await this.#pieces.return?.();
  }

  *#chunksOf(total: number): Generator<Chunk, void> {
    const maxChunkBytes = Math.max(CHUNK_BYTES, Math.ceil(total / MAX_CHUNKS));
    for (let sent = 0; sent < total; sent += maxChunkBytes) {
      const sizeBytes = Math.min(maxChunkBytes, total - sent);
      yield { sizeBytes, content: this.#take(sizeBytes) };
    }
  }

  async *#chunksOfUnknownLength(): AsyncGenerator<Chunk, void> {
    for (;;) {
      const pieces: Uint8Array[] = [];
      let sizeBytes = 0;
      for await (const piece of this.#take(MIN_CHUNK_BYTES)) {
        pieces.push(piece);
        sizeBytes += piece.length;
      }
      if (sizeBytes === 0) return;
      yield { sizeBytes, content: each(pieces) };
    }
  }

  /** The next bytes, exactly as many unless the content ends before. */
  async *#take(bytes: number): AsyncGenerator<Uint8Array, void> {
    let left = bytes;
    while (left > 0) {
      const piece = await this.#next();
      if (piece === null) return;
      if (piece.length > left) this.#held.unshift(piece.subarray(left));
      yield piece.subarray(0, left);
      left -= Math.min(left, piece.length);
    }
  }

  async #next(): Promise<Uint8Array | null> {
    const held = this.#held.shift();
    if (held !== undefined) return held;
    const piece = await this.#pieces.next();
    if (piece.done === true) return null;
    this.#received += piece.value.length;
    if (this.#received > this.#maxBytes) throw new DomainError('file-too-large');
    return piece.value;
  }
}

async function* each(pieces: Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) yield await Promise.resolve(piece);
}
