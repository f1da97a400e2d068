import { DomainError } from '../../problem/domain-error.ts';
import type { DavResource } from '../webdav/protocol/dav-resource.ts';
import type { Replaced } from '../webdav/protocol/webdav-writes.client.ts';
import { matchesStrongly } from './entity-tags.ts';

/** What a write is meant for: a file that must not be there yet, or a version that must still be there. */
export type WriteCondition =
  { readonly isNew: true } | { readonly isNew: false; readonly etags: '*' | readonly string[] };

/**
 * The version that a write replaces; null when the file is new.
 *
 * @param before what is at the path now
 * @throws DomainError `etag-mismatch` with the current entity tag, `not-a-file`
 */
export function replacedVersion(before: DavResource | null, condition: WriteCondition): Replaced {
  if (before?.isCollection === true) throw new DomainError('not-a-file');
  if (condition.isNew) {
    if (before !== null) throw mismatch(before.etag, 'There is a file at this path already.');
    return null;
  }
  if (before === null) throw new DomainError('etag-mismatch', { detail: 'There is no file at this path.' });
  assertVersion(before, condition.etags);
  return { etag: before.etag };
}

/** @throws DomainError `etag-mismatch` with the current entity tag */
export function assertVersion({ etag }: DavResource, etags: '*' | readonly string[]): void {
  if (!matchesStrongly(etags, etag)) throw mismatch(etag);
}

function mismatch(etag: string, detail?: string): DomainError {
  return new DomainError('etag-mismatch', { headers: { ETag: etag }, ...(detail !== undefined && { detail }) });
}
