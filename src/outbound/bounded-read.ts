import { failure } from './transport-error.ts';

/**
 * Reads a whole body into memory.
 * @param maxBytes more than this is `upstream-protocol-error`
 */
export async function readBytes(body: AsyncIterable<Uint8Array>, maxBytes: number, upstream: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  for await (const piece of body) {
    total += piece.length;
    if (total > maxBytes) throw failure('upstream-protocol-error', upstream, 'body-too-large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces, total);
}

/** Reads the beginning of a body as text and leaves the rest; for error texts, which are only looked at. */
export async function readBeginning(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  for await (const piece of body) {
    pieces.push(piece);
    total += piece.length;
    if (total >= maxBytes) break;
  }
  return Buffer.concat(pieces, total).subarray(0, maxBytes).toString('utf8');
}
