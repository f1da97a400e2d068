/** Length of the first and of every further slice of a list, in bytes; the last length repeats. */
const SLICE_BYTES = [8, 16, 24, 40, 80, 160, 320, 640] as const;
const LAST_SLICE_LEVEL = SLICE_BYTES.length - 1;
/** A slice ends with the offset of the next one. */
const LINK_BYTES = 4;
const MAX_VARINT_BYTES = 5;
const INITIAL_BYTES = 64 * 1024;
const MAX_FREQUENCY = 255;

/**
 * All postings lists of one owner in one byte array. A list is a chain of slices of growing length; a posting is the
 * distance to the list's previous chunk as a varint, then the term frequency as a byte. So a word that occurs once costs
 * few bytes, a frequent one about two per chunk, and the garbage collector sees one object instead of one per word.
 */
export class PostingsArena {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #usedBytes = 0;
  #head = new Uint32Array(1024);
  #tail = new Uint32Array(1024);
  /** Bytes left in the tail slice in front of its link. */
  #room = new Uint16Array(1024);
  #level = new Uint8Array(1024);
  #lastChunk = new Int32Array(1024);
  #count = new Uint32Array(1024);
  #listCount = 0;

  get listCount(): number {
    return this.#listCount;
  }

  /** Memory held, in bytes. */
  get byteLength(): number {
    return this.#bytes.byteLength + this.#head.length * 19;
  }

  /** Starts an empty list and gives its number. */
  createList(): number {
    const list = this.#listCount;
    if (list === this.#head.length) this.#growLists();
    this.#listCount += 1;
    this.#head[list] = this.#allocate(0);
    this.#tail[list] = this.#head[list] ?? 0;
    this.#room[list] = SLICE_BYTES[0] - LINK_BYTES;
    this.#lastChunk[list] = -1;
    return list;
  }

  /** How many postings a list holds. */
  postingCount(list: number): number {
    return this.#count[list] ?? 0;
  }

  /** Appends a posting; chunk numbers of a list must rise. Frequencies above 255 count as 255. */
  append(list: number, chunk: number, frequency: number): void {
    let distance = chunk - (this.#lastChunk[list] ?? -1);
    if (distance <= 0) throw new RangeError('chunk numbers of a list must rise');
    while (distance >= 0x80) {
      this.#appendByte(list, (distance & 0x7f) | 0x80);
      distance >>>= 7;
    }
    this.#appendByte(list, distance);
    this.#appendByte(list, Math.min(frequency, MAX_FREQUENCY));
    this.#lastChunk[list] = chunk;
    this.#count[list] = this.postingCount(list) + 1;
  }

  /** Writes the list into the two arrays, which must have room for postingCount(list) entries. */
  readList(list: number, chunks: Int32Array, frequencies: Uint8Array): void {
    const bytes = this.#bytes;
    const count = this.postingCount(list);
    let offset = this.#head[list] ?? 0;
    let level = 0;
    let sliceEnd = offset + SLICE_BYTES[0] - LINK_BYTES;
    let chunk = -1;
    for (let index = 0; index < count; index += 1) {
      let distance = 0;
      let shift = 0;
      for (let part = 0; part <= MAX_VARINT_BYTES; part += 1) {
        if (offset === sliceEnd) {
          offset = this.#linkAt(sliceEnd);
          level = Math.min(level + 1, LAST_SLICE_LEVEL);
          sliceEnd = offset + (SLICE_BYTES[level] ?? 0) - LINK_BYTES;
        }
        const byte = bytes[offset] ?? 0;
        offset += 1;
        // The byte after the last part of the varint is the frequency.
        if (shift < 0) {
          frequencies[index] = byte;
          break;
        }
        distance |= (byte & 0x7f) << shift;
        shift = byte >= 0x80 ? shift + 7 : -1;
      }
      chunk += distance;
      chunks[index] = chunk;
    }
  }

  #appendByte(list: number, byte: number): void {
    if (this.#room[list] === 0) this.#extend(list);
    const offset = this.#tail[list] ?? 0;
    this.#bytes[offset] = byte;
    this.#tail[list] = offset + 1;
    this.#room[list] = (this.#room[list] ?? 0) - 1;
  }

  /** The tail stands on the link of a full slice: chain the next one there. */
  #extend(list: number): void {
    const level = Math.min((this.#level[list] ?? 0) + 1, LAST_SLICE_LEVEL);
    const next = this.#allocate(level);
    const link = this.#tail[list] ?? 0;
    for (let part = 0; part < LINK_BYTES; part += 1) this.#bytes[link + part] = (next >>> (8 * part)) & 0xff;
    this.#level[list] = level;
    this.#tail[list] = next;
    this.#room[list] = (SLICE_BYTES[level] ?? 0) - LINK_BYTES;
  }

  #linkAt(offset: number): number {
    let link = 0;
    for (let part = LINK_BYTES - 1; part >= 0; part -= 1) link = link * 256 + (this.#bytes[offset + part] ?? 0);
    return link;
  }

  #allocate(level: number): number {
    const offset = this.#usedBytes;
    this.#usedBytes += SLICE_BYTES[level] ?? 0;
    if (this.#usedBytes > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#usedBytes, Math.ceil(this.#bytes.length * 1.5)));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    return offset;
  }

  #growLists(): void {
    const length = Math.ceil(this.#head.length * 1.5);
    this.#head = copied(this.#head, new Uint32Array(length));
    this.#tail = copied(this.#tail, new Uint32Array(length));
    this.#room = copied(this.#room, new Uint16Array(length));
    this.#level = copied(this.#level, new Uint8Array(length));
    this.#lastChunk = copied(this.#lastChunk, new Int32Array(length));
    this.#count = copied(this.#count, new Uint32Array(length));
  }
}

function copied<T extends Uint32Array | Uint16Array | Uint8Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
