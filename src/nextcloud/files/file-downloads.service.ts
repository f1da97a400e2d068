import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { failure } from '../../outbound/transport-error.ts';
import { davPath } from '../dav/dav-path.ts';
import type { DavResource } from '../webdav/protocol/dav-resource.ts';
import type { FileDownload } from '../webdav/protocol/file-download.ts';
import { WebdavClients } from '../webdav/webdav-clients.ts';
import { findSpan, type ByteRange, type Span } from './byte-range.ts';
import { clientGone } from './client-content.ts';
import { matchesStrongly } from './entity-tags.ts';
import { FileOperations, type FileOperation } from './file-operations.ts';
import { TransferLimit } from './transfer-limit.ts';

/**
 * Read ahead of a slow client. Nextcloud keeps a file locked for writing until it has sent it: a file of this size is
 * free again at once, whoever reads it; a larger one stays locked until its client is done.
 */
const READ_AHEAD_BYTES = 2 * 1_024 * 1_024;

/** Which part of which version is wanted (RFC 9110 sections 13.1 and 14.2). */
export interface DownloadRequest {
  readonly path: string;
  readonly range: ByteRange | null;
  /** Strong entity tag: the range is meant for this version only. */
  readonly ifRange: string | null;
  readonly ifMatch: '*' | readonly string[] | null;
  readonly ifNoneMatch: '*' | readonly string[] | null;
  /** Fires when the client has left. */
  readonly signal: AbortSignal;
}

/** A file on its way to a client. */
export interface OpenFile {
  readonly name: string;
  readonly etag: string;
  readonly contentType: string;
  readonly lastModified: Date | null;
  /** Bytes of the body; null when Nextcloud does not say. */
  readonly sizeBytes: number | null;
  /** Null when the whole file comes. */
  readonly part: (Span & { readonly totalBytes: number }) | null;
  /** Ends the download when it is destroyed. */
  readonly body: Readable;
}

/** Reads files. */
@Injectable()
export class FileDownloadsService {
  constructor(
    private readonly webdav: WebdavClients,
    private readonly operations: FileOperations,
    private readonly transferLimit: TransferLimit,
  ) {}

  /**
   * Starts a download; it counts as one until its body has ended.
   *
   * @returns null when the client has this version already
   * @throws DomainError `file-not-found`, `not-a-file`, `etag-mismatch`, `range-not-satisfiable`, `resource-locked`,
   *   `rate-limited`, `audit-unavailable`, and what the way to Nextcloud throws
   */
  async openFile(principal: Principal, request: DownloadRequest): Promise<OpenFile | null> {
    const release = this.transferLimit.acquire(principal.userId);
    try {
      const operation = await this.operations.startOperation(principal, 'download');
      const file = await this.#open(operation, request).catch(async (error: unknown) => {
        await operation.end(error);
        throw error;
      });
      if (file === null) {
        await operation.end();
        release();
        return null;
      }
      return { ...file, body: this.#followed(operation, file, { signal: request.signal, release }) };
    } catch (error) {
      release();
      throw error;
    }
  }

  async #open(operation: FileOperation, request: DownloadRequest): Promise<Source | null> {
    const { credential } = operation;
    const { signal } = request;
    const path = davPath(request.path);
    const found = await this.webdav.files.stat(credential, path, signal);
    operation.fileId = found.fileId;
    if (found.isCollection) throw new DomainError('not-a-file');
    const span = wantedSpan(found, request);
    await operation.begin();
    const download = await this.webdav.transfers.openDownload(credential, {
      path,
      signal,
      ...(span !== null && { range: rangeField(span), ...(request.ifRange !== null && { ifRange: request.ifRange }) }),
      ...(request.ifMatch !== null && { ifMatch: tagsField(request.ifMatch) }),
      ...(request.ifNoneMatch !== null && { ifNoneMatch: tagsField(request.ifNoneMatch).replaceAll('W/"', '"') }),
    });
    if (download === null) return null;
    let part: OpenFile['part'];
    try {
      part = sentPart(download, span);
    } catch (error) {
      download.discard();
      throw error;
    }
    const { etag, contentType, lastModified } = download;
    const sizeBytes = part === null ? download.size : part.last - part.first + 1;
    return { name: found.name, etag, contentType, lastModified, sizeBytes, part, download };
  }

  /** The body, and what happens when it ends: the slot is free and the end is in the audit trail. */
  #followed(
    operation: FileOperation,
    { download, sizeBytes }: Source,
    { signal, release }: { signal: AbortSignal; release: () => void },
  ): Readable {
    let bytes = 0;
    let cause: unknown;
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for await (const piece of atMost(download.body, sizeBytes)) {
          bytes += piece.length;
          yield piece;
        }
      } catch (error) {
        cause = error;
        throw error;
      }
    };
    const body = Readable.from(counted(), { objectMode: false, highWaterMark: READ_AHEAD_BYTES });
    const stop = (): void => void body.destroy();
    body.on('error', () => undefined);
    body.once('close', () => {
      signal.removeEventListener('abort', stop);
      download.discard();
      release();
      operation.details = { bytes };
      void operation.end(body.readableEnded ? undefined : (cause ?? clientGone()));
    });
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    return body;
  }
}

type Source = Omit<OpenFile, 'body'> & { readonly download: FileDownload };

/** @throws DomainError `range-not-satisfiable` with the size of the file */
function wantedSpan(found: DavResource, { range, ifRange }: DownloadRequest): Span | null {
  if (range === null) return null;
  const span = findSpan(range, found.size);
  if (span !== null) return span;
  // A range of another version is ignored, wherever it ends.
  if (ifRange !== null && !matchesStrongly([ifRange], found.etag)) return null;
  throw new DomainError('range-not-satisfiable', { headers: { 'Content-Range': `bytes */${String(found.size)}` } });
}

/** Nextcloud takes an end of 0 for no end at all. */
function rangeField({ first, last }: Span): string {
  return `bytes=${String(first)}-${String(Math.max(1, last))}`;
}

function tagsField(tags: '*' | readonly string[]): string {
  return tags === '*' ? '*' : tags.join(', ');
}

/** What comes, as the server says; it may have ignored the range. */
function sentPart({ contentRange }: FileDownload, span: Span | null): OpenFile['part'] {
  if (contentRange === null) return null;
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(contentRange);
  const [first, last, totalBytes] = (match?.slice(1) ?? []).map(Number);
  if (first === undefined || last === undefined || totalBytes === undefined || first !== span?.first || last < first) {
    throw failure('upstream-protocol-error', 'nextcloud-transfers', 'content-range');
  }
  return { first, last: Math.min(last, span.last), totalBytes };
}

/** The first bytes; more than was asked for is left out. */
async function* atMost(content: AsyncIterable<Uint8Array>, bytes: number | null): AsyncGenerator<Uint8Array> {
  let left = bytes ?? Number.POSITIVE_INFINITY;
  for await (const piece of content) {
    yield left >= piece.length ? piece : piece.subarray(0, left);
    left -= Math.min(left, piece.length);
    if (left === 0 && bytes !== null) return;
  }
}
