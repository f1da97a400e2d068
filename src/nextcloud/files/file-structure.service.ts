import { Injectable } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import { DomainError, isDomainError } from '../../problem/domain-error.ts';
import type { NextcloudCredential } from '../dav/nextcloud-credential.ts';
import { davPath, folderOf } from '../dav/dav-path.ts';
import type { DavResource } from '../webdav/protocol/dav-resource.ts';
import type { Replaced } from '../webdav/protocol/webdav-writes.client.ts';
import { WebdavClients } from '../webdav/webdav-clients.ts';
import { FileOperations } from './file-operations.ts';
import { assertVersion } from './file-versions.ts';
import { PathLock } from './path-lock.ts';

/** Folders that one request makes at most. */
const MAX_NEW_DEPTH = 64;

/** Where something goes. */
export interface MoveRequest {
  readonly from: string;
  readonly to: string;
  /** Whether a file at `to` may be replaced; a folder never is. */
  readonly overwrites: boolean;
  /** Versions that may be moved or copied; null for any. */
  readonly etags: '*' | readonly string[] | null;
}

/** What is deleted. */
export interface DeleteRequest {
  readonly path: string;
  readonly kind: 'file' | 'folder';
  /** Versions that may be deleted. */
  readonly etags: '*' | readonly string[];
}

/** Makes folders, moves, copies and deletes. */
@Injectable()
export class FileStructureService {
  constructor(
    private readonly webdav: WebdavClients,
    private readonly operations: FileOperations,
    private readonly pathLock: PathLock,
  ) {}

  /** @throws DomainError `file-exists`, `parent-not-found`, `forbidden`, and what the way to Nextcloud throws */
  createFolder(principal: Principal, path: string, isRecursive: boolean): Promise<DavResource> {
    return this.operations.runOperation(principal, 'create_folder', async (operation) => {
      const target = bodyPath(path, 'path');
      if (target === '/') throw new DomainError('file-exists');
      await operation.begin();
      const { credential } = operation;
      await this.#makeFolder(credential, target, isRecursive ? MAX_NEW_DEPTH : 0);
      const made = await this.webdav.files.stat(credential, target);
      operation.fileId = made.fileId;
      return made;
    });
  }

  /** @throws DomainError `file-not-found`, `not-a-file`, `not-a-folder`, `etag-mismatch`, `resource-locked`, `forbidden` */
  delete(principal: Principal, { path, kind, etags }: DeleteRequest): Promise<void> {
    return this.operations.runOperation(principal, 'delete', async (operation) => {
      const target = davPath(path);
      if (target === '/') throw refusal({ parameter: 'path' }, 'must not be the home folder');
      const { credential } = operation;
      const found = await this.webdav.files.stat(credential, target);
      operation.fileId = found.fileId;
      if (found.isCollection !== (kind === 'folder')) {
        throw new DomainError(kind === 'folder' ? 'not-a-folder' : 'not-a-file');
      }
      assertVersion(found, etags);
      await operation.begin();
      await this.pathLock.runExclusive(credential.uid, target, () =>
        // Of a folder Nextcloud compares no entity tag: what changes between the look at it and this is deleted with it.
        this.webdav.writes.remove(credential, target, kind === 'file' ? { ifMatch: found.etag } : {}),
      );
    });
  }

  /** @throws DomainError as {@link FileStructureService.copy} */
  move(principal: Principal, request: MoveRequest): Promise<DavResource> {
    return this.#relocate(principal, 'move', request);
  }

  /**
   * @returns what is at the new place
   * @throws DomainError `file-not-found`, `file-exists`, `parent-not-found`, `etag-mismatch`, `resource-locked`,
   *   `storage-full`, `forbidden`, and what the way to Nextcloud throws
   */
  copy(principal: Principal, request: MoveRequest): Promise<DavResource> {
    return this.#relocate(principal, 'copy', request);
  }

  #relocate(principal: Principal, verb: 'move' | 'copy', request: MoveRequest): Promise<DavResource> {
    return this.operations.runOperation(principal, verb, async (operation) => {
      const { credential } = operation;
      const { from, to } = checkedPaths(request);
      const source = await this.webdav.files.stat(credential, from);
      operation.fileId = source.fileId;
      if (request.etags !== null) assertVersion(source, request.etags);
      const replaced = await this.#replaced(credential, to, request.overwrites && !source.isCollection);
      await operation.begin();
      const ifMatch = request.etags === null || source.isCollection ? {} : { ifMatch: source.etag };
      await this.pathLock.runExclusive(credential.uid, to, () =>
        this.webdav.writes[verb](credential, { from, to, replaced, ...ifMatch }),
      );
      return this.webdav.files.stat(credential, to);
    });
  }

  /** The version of a file that may be replaced. @throws DomainError `file-exists` */
  async #replaced(credential: NextcloudCredential, to: string, overwrites: boolean): Promise<Replaced> {
    const there = await this.webdav.files.findEntry(credential, to);
    if (there === null) return null;
    if (overwrites && !there.isCollection) return { etag: there.etag };
    const detail = there.isCollection ? 'There is a folder at this path; a folder is never replaced.' : undefined;
    throw new DomainError('file-exists', detail === undefined ? {} : { detail });
  }

  /** @param parents how many missing folders above may be made as well */
  async #makeFolder(credential: NextcloudCredential, path: string, parents: number): Promise<void> {
    try {
      await this.webdav.writes.makeFolder(credential, path);
      return;
    } catch (error) {
      if (!isDomainError(error, 'parent-not-found') || parents === 0 || folderOf(path) === '/') throw error;
    }
    await this.#makeFolder(credential, folderOf(path), parents - 1).catch((error: unknown) => {
      // Somebody else has just made it; when it is a file, the next step says so.
      if (!isDomainError(error, 'file-exists')) throw error;
    });
    await this.webdav.writes.makeFolder(credential, path);
  }
}

function checkedPaths({ from, to }: MoveRequest): { from: string; to: string } {
  const paths = { from: bodyPath(from, 'from'), to: bodyPath(to, 'to') };
  if (paths.from === '/') throw refusal({ pointer: '/from' }, 'must not be the home folder');
  if (paths.to === paths.from || paths.to.startsWith(`${paths.from}/`) || paths.to === '/') {
    throw refusal({ pointer: '/to' }, 'must be neither the same place, nor inside it, nor the home folder');
  }
  return paths;
}

/** `davPath` of a member of the body. @throws DomainError `validation-failed` naming it */
function bodyPath(path: string, member: string): string {
  try {
    return davPath(path);
  } catch (error) {
    if (!isDomainError(error, 'validation-failed')) throw error;
    throw refusal({ pointer: `/${member}` }, error.options.errors?.[0]?.detail ?? 'must be a path');
  }
}

function refusal(place: { pointer: string } | { parameter: string }, detail: string): DomainError {
  return new DomainError('validation-failed', { errors: [{ ...place, detail }] });
}
