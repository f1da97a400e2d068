import { HttpStatus, StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { DomainError } from '../../problem/domain-error.ts';
import { matchesStrongly, matchesWeakly } from './entity-tags.ts';
import { attachment } from './content-disposition.ts';
import type { DownloadRequest, OpenFile } from './file-downloads.service.ts';
import type { DavResource } from '../webdav/protocol/dav-resource.ts';

/** A client that takes nothing for so long is given up. */
const STALLED_CLIENT_MS = 60_000;
const SAFE_TYPE = /^[\x20-\x7e]{1,255}$/;
const OCTETS = 'application/octet-stream';

/** Whatever a file holds, a browser neither guesses its type nor runs it. */
const INERT = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cache-control': 'private, no-cache, no-store',
  'accept-ranges': 'bytes',
};

/** Sends a file, or a part of it, or 304 for null. */
export function sendFile(reply: FastifyReply, file: OpenFile | null): StreamableFile | undefined {
  void reply.headers(INERT);
  if (file === null) {
    void reply.status(HttpStatus.NOT_MODIFIED);
    return undefined;
  }
  const { part, sizeBytes } = file;
  void reply.headers({
    ...fileFields(file),
    ...(sizeBytes !== null && { 'content-length': String(sizeBytes) }),
    ...(part !== null && { 'content-range': `bytes ${part.first}-${part.last}/${part.totalBytes}` }),
  });
  void reply.status(part === null ? HttpStatus.OK : HttpStatus.PARTIAL_CONTENT);
  reply.raw.setTimeout(STALLED_CLIENT_MS);
  return new StreamableFile(file.body);
}

/**
 * Answers HEAD: what GET would say of the whole file.
 *
 * @throws DomainError `etag-mismatch`, `not-a-file`
 */
export function sendFileHead(reply: FastifyReply, found: DavResource, { ifMatch, ifNoneMatch }: DownloadRequest): void {
  if (found.isCollection) throw new DomainError('not-a-file');
  if (ifMatch !== null && !matchesStrongly(ifMatch, found.etag)) {
    throw new DomainError('etag-mismatch', { headers: { ETag: found.etag } });
  }
  const isUnchanged = ifNoneMatch !== null && matchesWeakly(ifNoneMatch, found.etag);
  void reply
    .status(isUnchanged ? HttpStatus.NOT_MODIFIED : HttpStatus.OK)
    .headers({ ...INERT, ...fileFields({ ...found, contentType: found.contentType ?? OCTETS }) })
    .headers(isUnchanged ? {} : { 'content-length': String(found.size) });
}

function fileFields(file: Pick<OpenFile, 'name' | 'etag' | 'contentType' | 'lastModified'>): Record<string, string> {
  return {
    etag: file.etag,
    'content-type': SAFE_TYPE.test(file.contentType) ? file.contentType : OCTETS,
    'content-disposition': attachment(file.name),
    ...(file.lastModified !== null && { 'last-modified': file.lastModified.toUTCString() }),
  };
}
