import { DomainError } from '../../problem/domain-error.ts';
import type { DavResource } from '../webdav/protocol/dav-resource.ts';
import type { FileQuery } from '../webdav/protocol/search-request.ts';
import type { DavQuota } from '../webdav/protocol/webdav-queries.client.ts';
import type { UploadedFile } from './file-uploads.service.ts';
import type {
  FileResponse,
  FileListResponse,
  FileQuotaResponse,
  FileSearchResponse,
  FileSearchQuery,
  UploadedFileResponse,
} from './files.dto.ts';
import type { SearchResult } from './files.service.ts';
import type { ListingPage } from './listing-page.ts';

/** Letters of Nextcloud; S and M only tell that it is shared and mounted. */
const PERMISSIONS: readonly [string, FileResponse['permissions'][number]][] = [
  ['G', 'read'],
  ['W', 'write'],
  ['C', 'create_file'],
  ['K', 'create_folder'],
  ['N', 'rename'],
  ['V', 'move'],
  ['D', 'delete'],
  ['R', 'share'],
];

/** What a client sees of a file or folder. */
export function fileResponse(resource: DavResource): FileResponse {
  return {
    name: resource.name,
    path: resource.path,
    type: resource.isCollection ? 'folder' : 'file',
    fileid: resource.fileId,
    etag: resource.etag,
    size: resource.size,
    modified: resource.lastModified?.toISOString() ?? null,
    media_type: resource.contentType,
    permissions: PERMISSIONS.filter(([letter]) => resource.permissions.includes(letter)).map(([, word]) => word),
    is_shared: resource.permissions.includes('S'),
    owner: resource.ownerId,
  };
}

/** What a client sees of a page of a folder. */
export function fileListResponse({ folder, entries, count, hasMore }: ListingPage): FileListResponse {
  const last = entries.at(-1);
  return {
    folder: fileResponse(folder),
    entries: entries.map(fileResponse),
    count,
    next_cursor: hasMore && last !== undefined ? Buffer.from(last.name, 'utf8').toString('base64url') : null,
  };
}

/**
 * The name that a page ended with.
 *
 * @throws DomainError `validation-failed` when the cursor is none of ours
 */
export function nameOfCursor(cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const bytes = Buffer.from(cursor, 'base64url');
  const name = bytes.toString('utf8');
  if (bytes.length > 0 && Buffer.from(name, 'utf8').equals(bytes) && bytes.toString('base64url') === cursor)
    return name;
  const errors = [{ parameter: 'cursor', detail: 'must be a next_cursor of this list' }];
  throw new DomainError('validation-failed', { errors });
}

/** What a search looks for. */
export function fileQuery({ query, path, media_type, modified_after }: FileSearchQuery): FileQuery {
  return {
    path: path ?? '/',
    ...(query !== undefined && { name: query.normalize('NFC') }),
    ...(media_type !== undefined && { mediaType: media_type.toLowerCase() }),
    ...(modified_after !== undefined && { modifiedAfter: new Date(modified_after) }),
  };
}

/** What a client sees of the hits of a search. */
export function fileSearchResponse({ resources, isComplete }: SearchResult): FileSearchResponse {
  return { entries: resources.map(fileResponse), is_complete: isComplete };
}

/** What a client sees of the room of an account. */
export function fileQuotaResponse({ usedBytes, availableBytes }: DavQuota): FileQuotaResponse {
  return { used_bytes: usedBytes, available_bytes: availableBytes };
}

/** What a client sees of a file that has been written. */
export function uploadedFileResponse({ path, fileId, etag, sizeBytes }: UploadedFile): UploadedFileResponse {
  return { path, fileid: fileId, etag, size: sizeBytes };
}
