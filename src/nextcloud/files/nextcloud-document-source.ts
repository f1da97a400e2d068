import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { NextcloudConfig } from '../../config/nextcloud.config.ts';
import { DocumentSource, SourceSession } from '../../indexing/sources/document-source.port.ts';
import type {
  DownloadLimits,
  SourceDownload,
  SourceEntry,
  SourceFile,
} from '../../indexing/sources/document-source.port.ts';
import { NEXTCLOUD_FILES } from '../../indexing/sources/document-source.types.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import { AccountStore } from '../account/account.store.ts';
import type { NextcloudCredential } from '../dav/nextcloud-credential.ts';
import { NextcloudServer } from '../server/nextcloud-server.ts';
import type { DavResource } from '../webdav/protocol/dav-resource.ts';
import type { WebdavFilesClient } from '../webdav/protocol/webdav-files.client.ts';
import { WebdavClients } from '../webdav/webdav-clients.ts';

const OWNER_ONLY = 0o600;

/** Documents out of the linked Nextcloud accounts. */
@Injectable()
export class NextcloudDocumentSource extends DocumentSource {
  readonly kind = NEXTCLOUD_FILES;
  readonly watchDirectories: readonly string[];

  constructor(
    private readonly server: NextcloudServer,
    private readonly webdav: WebdavClients,
    private readonly store: AccountStore,
    private readonly audit: AuditTrail,
    config: NextcloudConfig,
  ) {
    super();
    this.watchDirectories = config.watchDirectories;
  }

  async openSession(userId: string): Promise<SourceSession> {
    // A scan may take all night; what a user waits for goes before it.
    const credential = { ...(await this.store.credential(userId)), isBackground: true };
    return new NextcloudSession({
      files: this.webdav.files,
      credential,
      follow: (call) => this.#follow(userId, call),
    });
  }

  usersWithSource(): Promise<string[]> {
    return this.server.isConfigured ? this.store.linkedUsers() : Promise.resolve([]);
  }

  /** One audit row per call, and no second try with a credential that was refused. */
  async #follow(userId: string, { action, fileId, error }: FollowedCall): Promise<void> {
    await this.store.recordFailure(userId, error);
    await this.audit.record({
      actorId: userId,
      action: `nextcloud.${action}`,
      outcome: error === undefined ? 'success' : 'failure',
      targetType: 'file',
      ...(fileId !== undefined && { targetId: fileId }),
      ...(error !== undefined && { details: { code: isDomainError(error) ? error.code : 'aborted' } }),
    });
  }
}

interface FollowedCall {
  readonly action: 'stat' | 'list' | 'download';
  readonly fileId?: string;
  readonly error?: unknown;
}

interface SessionParts {
  readonly files: WebdavFilesClient;
  readonly credential: NextcloudCredential;
  readonly follow: (call: FollowedCall) => Promise<void>;
}

class NextcloudSession extends SourceSession {
  readonly #parts: SessionParts;

  constructor(parts: SessionParts) {
    super();
    this.#parts = parts;
  }

  async stat(path: string, signal: AbortSignal): Promise<SourceEntry> {
    const { files, credential } = this.#parts;
    return sourceEntry(await this.#followed('stat', undefined, () => files.stat(credential, path, signal)));
  }

  list(path: string, signal: AbortSignal): AsyncIterable<SourceEntry> {
    const { files, credential } = this.#parts;
    return this.#entries(files.list(credential, path, { depth: 1, signal }));
  }

  walk(path: string, signal: AbortSignal): AsyncIterable<SourceEntry> {
    const { files, credential } = this.#parts;
    return this.#entries(files.walk(credential, path, { signal }));
  }

  download(file: SourceFile, target: string, { maxBytes, signal }: DownloadLimits): Promise<SourceDownload> {
    const { files, credential } = this.#parts;
    return this.#followed('download', file.fileId, async () => {
      const download = await files.download(credential, file.path, { maxBytes, signal });
      const hash = createHash('sha256');
      let size = 0;
      const measured = async function* (): AsyncGenerator<Uint8Array> {
        for await (const piece of download.body) {
          size += piece.length;
          hash.update(piece);
          yield piece;
        }
      };
      await pipeline(Readable.from(measured()), createWriteStream(target, { mode: OWNER_ONLY, flags: 'wx' }), {
        signal,
      });
      return { etag: download.etag, size, contentHash: hash.digest('hex') };
    });
  }

  async *#entries(resources: AsyncIterable<DavResource>): AsyncGenerator<SourceEntry> {
    let folderId: string | undefined;
    try {
      for await (const resource of resources) {
        folderId ??= resource.fileId;
        yield sourceEntry(resource);
      }
    } catch (error) {
      await this.#parts.follow({ action: 'list', ...(folderId !== undefined && { fileId: folderId }), error });
      throw error;
    }
    await this.#parts.follow({ action: 'list', ...(folderId !== undefined && { fileId: folderId }) });
  }

  async #followed<Result>(
    action: FollowedCall['action'],
    fileId: string | undefined,
    call: () => Promise<Result>,
  ): Promise<Result> {
    const target = fileId === undefined ? {} : { fileId };
    try {
      const result = await call();
      await this.#parts.follow({ action, ...target });
      return result;
    } catch (error) {
      await this.#parts.follow({ action, ...target, error });
      throw error;
    }
  }
}

function sourceEntry(resource: DavResource): SourceEntry {
  return {
    fileId: resource.fileId,
    path: resource.path,
    isFolder: resource.isCollection,
    isUnscanned: resource.isUnscanned,
    etag: resource.etag,
    size: resource.size,
    uploadTime: resource.uploadTime ?? 0,
    modifiedAt: resource.lastModified,
    mediaType: resource.contentType ?? 'application/octet-stream',
  };
}
