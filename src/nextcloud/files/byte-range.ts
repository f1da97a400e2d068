/** One range of bytes (RFC 9110 section 14.1.2): from `first` to `last` or the end, or the last `suffix` bytes. */
export type ByteRange = { readonly first: number; readonly last: number | null } | { readonly suffix: number };

/** A range of a file of known size; both ends belong to it. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/**
 * Reads Range. A server may ignore it (RFC 9110 section 14.2): another unit, a broken value and several ranges at once
 * are answered with the whole file.
 *
 * @returns null when the whole file is to be sent
 */
export function findByteRange(value: string | undefined): ByteRange | null {
  const match = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i.exec(value ?? '');
  if (!match) return null;
  const [, first = '', last = ''] = match;
  if (first === '') return last === '' ? null : { suffix: Number(last) };
  if (last !== '' && Number(last) < Number(first)) return null;
  return { first: Number(first), last: last === '' ? null : Number(last) };
}

/** The range inside a file of `size` bytes; null when it lies beyond the end (416). */
export function findSpan(range: ByteRange, size: number): Span | null {
  if ('suffix' in range) {
    return range.suffix === 0 || size === 0 ? null : { first: Math.max(0, size - range.suffix), last: size - 1 };
  }
  if (range.first >= size) return null;
  return { first: range.first, last: Math.min(range.last ?? size - 1, size - 1) };
}
