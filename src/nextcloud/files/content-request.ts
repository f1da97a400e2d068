import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../../problem/domain-error.ts';
import { findEtag } from '../dav/dav-etag.ts';
import { findByteRange } from './byte-range.ts';
import { clientContent, clientGone } from './client-content.ts';
import { readEntityTags } from './entity-tags.ts';
import type { DownloadRequest } from './file-downloads.service.ts';
import type { Upload } from './file-uploads.service.ts';
import type { WriteCondition } from './file-versions.ts';

/** Fires when the client leaves before it has its answer. */
export function signalOfLeaving(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(clientGone());
  });
  return controller.signal;
}

/** What a GET asks for. @throws DomainError `validation-failed` for entity tags that are none */
export function downloadRequest(path: string, { headers }: FastifyRequest, signal: AbortSignal): DownloadRequest {
  const ifRange = headers['if-range'];
  const version = typeof ifRange === 'string' && ifRange.startsWith('"') ? findEtag(ifRange) : null;
  // A date or a weak entity tag cannot tell two versions apart: the range is ignored (RFC 9110 section 13.1.5).
  const range = ifRange !== undefined && version === null ? null : findByteRange(headers.range);
  return {
    path,
    range,
    ifRange: version,
    ifMatch: readEntityTags('If-Match', headers['if-match']),
    ifNoneMatch: readEntityTags('If-None-Match', headers['if-none-match']),
    signal,
  };
}

/** What a PUT brings. @throws DomainError `precondition-required`, `validation-failed` */
export function uploadRequest(path: string, { headers, raw }: FastifyRequest, signal: AbortSignal): Upload {
  const length = headers['content-length'];
  return {
    path,
    condition: writeCondition(headers['if-match'], headers['if-none-match']),
    content: clientContent(raw),
    sizeBytes: length === undefined ? (headers['transfer-encoding'] === undefined ? 0 : null) : Number(length),
    signal,
  };
}

/** The versions that a change is meant for. @throws DomainError `precondition-required`, `validation-failed` */
export function requiredVersions(ifMatch: string | undefined): '*' | string[] {
  const etags = readEntityTags('If-Match', ifMatch);
  if (etags === null) throw new DomainError('precondition-required');
  return etags;
}

function writeCondition(ifMatch: string | undefined, ifNoneMatch: string | undefined): WriteCondition {
  if (ifNoneMatch === undefined) return { isNew: false, etags: requiredVersions(ifMatch) };
  if (ifMatch === undefined && readEntityTags('If-None-Match', ifNoneMatch) === '*') return { isNew: true };
  const detail = 'must be *, and stand without If-Match, when a file is written';
  throw new DomainError('validation-failed', { errors: [{ parameter: 'If-None-Match', detail }] });
}
