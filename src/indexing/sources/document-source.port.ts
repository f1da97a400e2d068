/** A file or folder as a listing shows it. */
export interface SourceEntry {
  /** Stable over moves and overwrites; another source may use the same one. */
  readonly fileId: string;
  /** Absolute, decoded, NFC. */
  readonly path: string;
  readonly isFolder: boolean;
  /** A folder that the source has not read itself yet: a walk does not show what is in it, a listing does. */
  readonly isUnscanned: boolean;
  /** Version; of a folder it changes with anything below. With its quotes. */
  readonly etag: string;
  /** In bytes; of a folder its whole subtree. */
  readonly size: number;
  /** When the server received the content, in seconds since 1970; 0 when it does not know. */
  readonly uploadTime: number;
  readonly modifiedAt: Date | null;
  /** From the name only; the content decides later. */
  readonly mediaType: string;
}

/** Which file to read: the path finds it, the id goes into the audit trail. */
export type SourceFile = Pick<SourceEntry, 'path' | 'fileId'>;

/** A file on the local disk, as it was at one moment. */
export interface SourceDownload {
  /** Version of these bytes; differs from the listing when the file changed in between. */
  readonly etag: string;
  /** In bytes. */
  readonly size: number;
  /** SHA-256 of the bytes, in hex. */
  readonly contentHash: string;
}

/**
 * Documents of one user, read with that user's own credential. All methods throw DomainErrors; an error never
 * looks like an empty listing. `account-link-invalid` and `account-suspended` mean that nothing more can be read.
 */
export abstract class SourceSession {
  /** Asks for one entry. @throws DomainError also `file-not-found` */
  abstract stat(path: string, signal: AbortSignal): Promise<SourceEntry>;

  /** A folder first, then its direct members. The listing is whole only when the iteration ends without an error. */
  abstract list(path: string, signal: AbortSignal): AsyncIterable<SourceEntry>;

  /** A folder and everything below; a folder comes before its members. In as few requests as the server allows. */
  abstract walk(path: string, signal: AbortSignal): AsyncIterable<SourceEntry>;

  /**
   * Copies a file to `target` at full speed (a slow reader would lock it).
   *
   * @throws DomainError also `file-not-found`, `not-a-file`, `file-too-large`, `resource-locked`
   */
  abstract download(file: SourceFile, target: string, options: DownloadLimits): Promise<SourceDownload>;
}

/** Bounds of a download. */
export interface DownloadLimits {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Where documents come from. There are several sources, told apart by their kind. */
export abstract class DocumentSource {
  /** Stored with each document, so it never changes; at most 32 characters. */
  abstract readonly kind: string;

  /** Folders whose documents are indexed, unless a user chooses others. */
  abstract readonly watchDirectories: readonly string[];

  /**
   * Opens a user's documents.
   *
   * @throws DomainError `account-not-linked`, `account-link-invalid`, `account-suspended`, `nextcloud-not-configured`
   */
  abstract openSession(userId: string): Promise<SourceSession>;

  /** Users with documents that can be read now. */
  abstract usersWithSource(): Promise<string[]>;
}
