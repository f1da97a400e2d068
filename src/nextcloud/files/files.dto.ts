import {
  IsBoolean,
  IsInt,
  IsISO8601,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateIf,
} from 'class-validator';
import { DomainError } from '../../problem/domain-error.ts';
import type { DavResource } from '../webdav/protocol/dav-resource.ts';
import type { FileQuery } from '../webdav/protocol/search-request.ts';
import type { DavQuota } from '../webdav/protocol/webdav-queries.client.ts';
import type { UploadedFile } from './file-uploads.service.ts';
import type { SearchResult } from './files.service.ts';
import type { ListingPage } from './listing-page.ts';
import { MayBeAbsent, WholeNumber } from '../../validation/members.ts';

const MAX_PATH = 4_000;
// eslint-disable-next-line no-control-regex -- control characters are what is refused
const PLAIN_TEXT = /^[^\u0000-\u001f\u007f\p{Surrogate}]*$/u;
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/([a-z0-9][a-z0-9!#$&^_.+-]{0,126}|\*)$/i;

/** Which file or folder. */
export class FilePathQuery {
  /**
   * Path in the linked account.
   * @example "/Documents/hypertension_guideline.pdf"
   */
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_PATH)
  path!: string;
}

/** Which page of which folder. */
export class FileListQuery {
  /**
   * Folder in the linked account. Default its home.
   * @example "/Documents"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(MAX_PATH)
  path?: string;

  /**
   * Most entries in the answer, 1 to 1000. Default 200.
   * @example 200
   */
  @MayBeAbsent()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(1_000)
  limit?: number;

  /** `next_cursor` of the page before. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(2_048)
  @Matches(/^[\w-]+$/, { message: '$property must be a next_cursor of this list' })
  cursor?: string;
}

/** What to look for: at least one of query, media_type and modified_after; all that are given must hold. */
export class FileSearchQuery {
  /**
   * Part of the name, whatever its case.
   * @example "guideline"
   */
  @ValidateIf(({ media_type, modified_after, query }: FileSearchQuery) => {
    return query !== undefined || (media_type === undefined && modified_after === undefined);
  })
  @IsString()
  @MinLength(1)
  @MaxLength(250)
  @Matches(PLAIN_TEXT, { message: '$property must not hold control characters' })
  query?: string;

  /**
   * Folder to look in, with all below. Default the home of the account.
   * @example "/Documents"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(MAX_PATH)
  path?: string;

  /**
   * Media type, or a whole family like image/*. Nextcloud tells it by the ending of the name only.
   * @example "application/pdf"
   */
  @MayBeAbsent()
  @Matches(MEDIA_TYPE, { message: '$property must be a media type like application/pdf or image/*' })
  media_type?: string;

  /**
   * Only what was modified after this time, as its uploader has set it.
   * @example "2026-11-01T00:00:00Z"
   */
  @MayBeAbsent()
  @IsISO8601({ strict: true })
  @Matches(/T.*(Z|[+-]\d{2}:\d{2})$/, { message: '$property must be a time with its offset (RFC 3339)' })
  modified_after?: string;

  /**
   * Most hits, 1 to 500. Default 100.
   * @example 100
   */
  @MayBeAbsent()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number;
}

/** A folder to be made. */
export class CreateFolderRequest {
  /** @example "/Documents/2026/November" */
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_PATH)
  path!: string;

  /**
   * Make missing folders above it as well. Default false.
   * @example true
   */
  @MayBeAbsent()
  @IsBoolean()
  recursive?: boolean;
}

/** Something to be moved or copied. */
export class MoveFileRequest {
  /** @example "/Documents/draft.md" */
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_PATH)
  from!: string;

  /** @example "/Documents/Archive/2026.md" */
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_PATH)
  to!: string;

  /**
   * Replace a file at the destination; a folder is never replaced. Default false.
   * @example false
   */
  @MayBeAbsent()
  @IsBoolean()
  overwrite?: boolean;
}

/** What the user may do with a file or folder. */
export const FILE_PERMISSIONS = [
  'read',
  'write',
  'create_file',
  'create_folder',
  'rename',
  'move',
  'delete',
  'share',
] as const;

/** A file or folder. */
export class FileResponse {
  /** @example "hypertension_guideline.pdf" */
  name!: string;

  /** @example "/Documents/hypertension_guideline.pdf" */
  path!: string;

  /** @example "file" */
  type!: 'file' | 'folder';

  /**
   * Stays the same over renaming, moving and overwriting, and for everybody the file is shared with.
   * @example "1736"
   */
  fileid!: string;

  /**
   * Entity tag, in its quotes; for If-Match.
   * @example "\"e97045f25c3fb68027010d3d99c30f40\""
   */
  etag!: string;

  /**
   * Bytes; of everything in it for a folder.
   * @example 482133
   */
  size!: number;

  /**
   * As its uploader has set it.
   * @example "2026-11-22T10:00:00.000Z"
   */
  modified!: string | null;

  /**
   * By the ending of the name; null for a folder.
   * @example "application/pdf"
   */
  media_type!: string | null;

  /** @example ["read", "write", "rename", "move", "delete", "share"] */
  permissions!: (typeof FILE_PERMISSIONS)[number][];

  /** Whether somebody else has shared it with the user. */
  is_shared!: boolean;

  /**
   * Nextcloud user id of its owner; null in results of a search, which do not tell it.
   * @example "testdoc"
   */
  owner!: string | null;
}

/** A page of a folder, in the order of the names. */
export class FileListResponse {
  /** The folder itself. */
  folder!: FileResponse;

  /** What is in it, in the order of the names. */
  entries!: FileResponse[];

  /**
   * Entries of the folder, on this page or not.
   * @example 12
   */
  count!: number;

  /** Give it as `cursor` for the next page; null on the last one. */
  next_cursor!: string | null;
}

/** What a search has found, the last modified first. */
export class FileSearchResponse {
  /** Files and folders. */
  entries!: FileResponse[];

  /**
   * False when there may be more: ask more precisely.
   * @example true
   */
  is_complete!: boolean;
}

/** Room of the account. */
export class FileQuotaResponse {
  /** @example 11000269 */
  used_bytes!: number;

  /**
   * Null when there is no limit, or Nextcloud does not know.
   * @example 5368709120
   */
  available_bytes!: number | null;
}

/** A file that has been written. */
export class UploadedFileResponse {
  /** @example "/Documents/hypertension_guideline.pdf" */
  path!: string;

  /** @example "1736" */
  fileid!: string;

  /**
   * Entity tag, in its quotes.
   * @example "\"e97045f25c3fb68027010d3d99c30f40\""
   */
  etag!: string;

  /**
   * Bytes.
   * @example 482133
   */
  size!: number;
}

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
