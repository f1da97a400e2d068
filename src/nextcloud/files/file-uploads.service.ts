import { Injectable } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import { NextcloudConfig } from '../../config/nextcloud.config.ts';
import { DomainError, isDomainError } from '../../problem/domain-error.ts';
import { davPath, folderOf } from '../dav/dav-path.ts';
import type { WriteTarget, WrittenFile } from '../webdav/protocol/webdav-transfers.client.ts';
import { WebdavClients } from '../webdav/webdav-clients.ts';
import { FileOperations, type FileOperation } from './file-operations.ts';
import { replacedVersion, type WriteCondition } from './file-versions.ts';
import { TransferLimit } from './transfer-limit.ts';
import { UploadContent } from './upload-content.ts';
import { PathLock } from './path-lock.ts';

const BYTES_OF_MIB = 1_024 * 1_024;

/** A file on its way to the account. */
export interface Upload {
  readonly path: string;
  readonly condition: WriteCondition;
  readonly content: AsyncIterable<Uint8Array>;
  /** As the client has announced it; null when it has not. */
  readonly sizeBytes: number | null;
  /** Fires when the client has left. */
  readonly signal: AbortSignal;
}

/** A file that has been written. */
export interface UploadedFile {
  readonly path: string;
  readonly fileId: string;
  readonly etag: string;
  readonly sizeBytes: number;
  readonly isNew: boolean;
}

/** Writes files. */
@Injectable()
export class FileUploadsService {
  readonly #maxBytes: number;

  constructor(
    private readonly webdav: WebdavClients,
    private readonly operations: FileOperations,
    private readonly transferLimit: TransferLimit,
    private readonly pathLock: PathLock,
    config: NextcloudConfig,
  ) {
    this.#maxBytes = config.maxUploadMb * BYTES_OF_MIB;
  }

  /**
   * Writes one file: it appears, or is replaced, at the end and at once. A failure leaves what was there before.
   *
   * @throws DomainError `file-too-large`, `etag-mismatch`, `not-a-file`, `parent-not-found`, `storage-full`,
   *   `resource-locked`, `forbidden`, `rate-limited`, and what the way to Nextcloud throws
   */
  async upload(principal: Principal, upload: Upload): Promise<UploadedFile> {
    const release = this.transferLimit.acquire(principal.userId);
    try {
      return await this.operations.runOperation(principal, 'upload', (operation) => this.#upload(operation, upload));
    } finally {
      release();
    }
  }

  async #upload(operation: FileOperation, upload: Upload): Promise<UploadedFile> {
    const { credential } = operation;
    const { sizeBytes, signal } = upload;
    const path = davPath(upload.path);
    if (path === '/') throw new DomainError('not-a-file');
    if (sizeBytes !== null && sizeBytes > this.#maxBytes) throw new DomainError('file-too-large');
    const before = await this.webdav.files.findEntry(credential, path, signal);
    operation.fileId = before?.fileId;
    const replaced = replacedVersion(before, upload.condition);
    await operation.begin();
    const content = new UploadContent(upload.content, { sizeBytes, maxBytes: this.#maxBytes });
    try {
      const written = await this.#write(operation, { path, replaced, signal }, { content, sizeBytes });
      const { fileId, etag } = await this.#complete(operation, path, written);
      operation.fileId = fileId;
      return { path, fileId, etag, sizeBytes: content.received, isNew: written.isNew };
    } finally {
      operation.details = { bytes: content.received };
      await content.end();
    }
  }

  async #write(
    { credential }: FileOperation,
    target: WriteTarget,
    { content, sizeBytes }: { content: UploadContent; sizeBytes: number | null },
  ): Promise<WrittenFile> {
    const { transfers } = this.webdav;
    const inOrder = <Result>(work: () => Promise<Result>): Promise<Result> =>
      this.pathLock.runExclusive(credential.uid, target.path, work);
    const small = await content.findWhole();
    if (small !== null) return inOrder(() => transfers.put(credential, target, small));
    await this.#assertRoom(credential, target, sizeBytes);
    return transfers.putChunked(credential, { ...target, inOrder }, content.chunks());
  }

  /** Chunks are taken whatever the quota; only joining them at the end would fail. */
  async #assertRoom(
    credential: FileOperation['credential'],
    { path, signal }: WriteTarget,
    sizeBytes: number | null,
  ): Promise<void> {
    const quota = await this.webdav.queries.quota(credential, folderOf(path), signal).catch((error: unknown) => {
      throw isDomainError(error, 'file-not-found') ? new DomainError('parent-not-found') : error;
    });
    if (quota === null) throw new DomainError('parent-not-found');
    if (quota.availableBytes !== null && (sizeBytes ?? 0) > quota.availableBytes) throw new DomainError('storage-full');
  }

  async #complete(
    { credential }: FileOperation,
    path: string,
    { fileId, etag }: WrittenFile,
  ): Promise<{ fileId: string; etag: string }> {
    return fileId !== null && etag !== null ? { fileId, etag } : this.webdav.files.stat(credential, path);
  }
}
