import type { OutboundResponse } from '../../../outbound/outbound.types.ts';
import { DomainError } from '../../../problem/domain-error.ts';
import { findEtag } from '../../dav/dav-etag.ts';

/** A file on its way: read the body at full speed, because Nextcloud locks the file until it has been sent. */
export interface FileDownload {
  /** Quoted; the true one of these bytes, which a listing's may not be. */
  readonly etag: string;
  readonly contentType: string;
  /** Bytes of the body; null when the server does not say. */
  readonly size: number | null;
  readonly lastModified: Date | null;
  /** `bytes first-last/length` (RFC 9110 section 14.4); null when the whole file comes. */
  readonly contentRange: string | null;
  /** One pass; fails with `file-too-large`, or as the body of an outbound answer does. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives the connection back without reading the rest. */
  readonly discard: () => void;
}

/**
 * Checks that an answer of 200 or 206 is a file's content.
 * @returns null without an entity tag: Nextcloud answers a folder with a page of text, and a proxy shows its own page
 * @throws {DomainError} `file-too-large`
 */
export function findFileDownload(response: OutboundResponse, maxBytes: number): FileDownload | null {
  const { headers } = response;
  const etag = findEtag(headers['etag'] ?? headers['oc-etag']);
  const contentType = headers['content-type'] ?? 'application/octet-stream';
  const size = /^\d{1,15}$/.test(headers['content-length'] ?? '') ? Number(headers['content-length']) : null;
  const isTooLarge = size !== null && size > maxBytes;
  if (etag === null || isTooLarge) {
    response.discard();
    if (etag === null) return null;
    throw new DomainError('file-too-large');
  }
  const modified = Date.parse(headers['last-modified'] ?? '');
  return {
    etag,
    contentType,
    size,
    lastModified: Number.isNaN(modified) ? null : new Date(modified),
    contentRange: response.status === 206 ? (headers['content-range'] ?? null) : null,
    body: bounded(response.body, maxBytes),
    discard: response.discard,
  };
}

async function* bounded(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let total = 0;
  for await (const piece of body) {
    total += piece.length;
    if (total > maxBytes) throw new DomainError('file-too-large');
    yield piece;
  }
}
