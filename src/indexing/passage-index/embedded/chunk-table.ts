const INITIAL_LENGTH = 256;
const MAX_TERM_COUNT = 65_535;
const STRING_OVERHEAD_BYTES = 24;

/** One row per chunk ever added, by chunk number: which revision of which document it belongs to and how long it is. */
export class ChunkTable {
  readonly #chunkIds: string[] = [];
  #revisions = new Int32Array(INITIAL_LENGTH);
  #termCounts = new Uint16Array(INITIAL_LENGTH);
  #identifierBytes = 0;

  get length(): number {
    return this.#chunkIds.length;
  }

  /** Memory held, in bytes (estimated). */
  get byteLength(): number {
    return this.#revisions.byteLength + this.#termCounts.byteLength + this.#identifierBytes;
  }

  /** Gives the number of the new chunk. */
  add(chunkId: string, revision: number, termCount: number): number {
    const chunk = this.#chunkIds.length;
    if (chunk === this.#revisions.length) this.#grow();
    this.#chunkIds.push(chunkId);
    this.#identifierBytes += chunkId.length + STRING_OVERHEAD_BYTES;
    this.#revisions[chunk] = revision;
    this.#termCounts[chunk] = Math.min(termCount, MAX_TERM_COUNT);
    return chunk;
  }

  chunkId(chunk: number): string {
    return this.#chunkIds[chunk] ?? '';
  }

  /** Revision by chunk number; valid until the next chunk is added. May be longer than the table. */
  get revisions(): Int32Array {
    return this.#revisions;
  }

  /** Term count by chunk number, at most 65,535; valid until the next chunk is added. May be longer than the table. */
  get termCounts(): Uint16Array {
    return this.#termCounts;
  }

  #grow(): void {
    const length = this.#revisions.length * 2;
    const revisions = new Int32Array(length);
    revisions.set(this.#revisions);
    const termCounts = new Uint16Array(length);
    termCounts.set(this.#termCounts);
    this.#revisions = revisions;
    this.#termCounts = termCounts;
  }
}
