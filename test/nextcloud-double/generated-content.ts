import { createHash } from 'node:crypto';

const BLOCK_BYTES = 64 * 1024;
/** Bytes without a pattern that compression could use, the same in every process. */
const BLOCK = blockOf(BLOCK_BYTES);

/** The bytes of a generated file from `start` to `end`, the last one included. Nothing of it is stored. */
export function* generatedPieces(start: number, end: number): Iterable<Buffer> {
  for (let at = start; at <= end;) {
    const offset = at % BLOCK_BYTES;
    const length = Math.min(BLOCK_BYTES - offset, end - at + 1);
    yield BLOCK.subarray(offset, offset + length);
    at += length;
  }
}

/** SHA-256 of a generated file of this size, in hex. */
export function generatedSha256(size: number): string {
  const hash = createHash('sha256');
  for (const piece of generatedPieces(0, size - 1)) hash.update(piece);
  return hash.digest('hex');
}

function blockOf(bytes: number): Buffer {
  const pieces: Buffer[] = [];
  for (let number = 0; pieces.length * 32 < bytes; number += 1) {
    pieces.push(
      createHash('sha256')
        .update(`block ${String(number)}`)
        .digest(),
    );
  }
  return Buffer.concat(pieces);
}
