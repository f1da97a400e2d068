import { Injectable } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import { davPath } from '../dav/dav-path.ts';
import type { DavResource } from '../webdav/protocol/dav-resource.ts';
import type { FileQuery } from '../webdav/protocol/search-request.ts';
import type { DavQuota } from '../webdav/protocol/webdav-queries.client.ts';
import { WebdavClients } from '../webdav/webdav-clients.ts';
import { FileOperations, type FileOperation } from './file-operations.ts';
import { pageOf, type ListingPage } from './listing-page.ts';

/** Requests of one search; with more hits than these bring it says that it is not complete. */
const MAX_SEARCH_REQUESTS = 6;

/** Which page of which folder. */
export interface ListingRequest {
  readonly path: string;
  readonly limit: number;
  /** Name that the page before ended with; null for the first page. */
  readonly after: string | null;
  /** Fires when the client has left. */
  readonly signal: AbortSignal;
}

/** What a search has found. */
export interface SearchResult {
  readonly resources: readonly DavResource[];
  /** False when there may be more. */
  readonly isComplete: boolean;
}

/** Looks at files: folders, single files, searches and what room there is. */
@Injectable()
export class FilesService {
  constructor(
    private readonly webdav: WebdavClients,
    private readonly operations: FileOperations,
  ) {}

  /** @throws DomainError `file-not-found`, `not-a-folder`, and what the way to Nextcloud throws */
  list(principal: Principal, { path, limit, after, signal }: ListingRequest): Promise<ListingPage> {
    return this.operations.runOperation(principal, 'list', async (operation) => {
      const listing = this.webdav.files.list(operation.credential, davPath(path), { depth: 1, signal });
      const page = await pageOf(listing, { limit, after });
      operation.fileId = page.folder.fileId;
      operation.details = { entries: page.entries.length };
      return page;
    });
  }

  /** @throws DomainError `file-not-found`, and what the way to Nextcloud throws */
  stat(principal: Principal, path: string): Promise<DavResource> {
    return this.operations.runOperation(principal, 'stat', async (operation) => {
      const found = await this.webdav.files.stat(operation.credential, davPath(path));
      operation.fileId = found.fileId;
      return found;
    });
  }

  /** @throws DomainError `file-not-found` when the folder is missing, and what the way to Nextcloud throws */
  search(
    principal: Principal,
    query: FileQuery,
    { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
  ): Promise<SearchResult> {
    return this.operations.runOperation(principal, 'search', async (operation) => {
      const normal = { ...query, path: davPath(query.path) };
      const found = await this.#search(operation, normal, { limit, signal });
      operation.details = { entries: found.resources.length };
      return found;
    });
  }

  /** @throws DomainError what the way to Nextcloud throws */
  quota(principal: Principal): Promise<DavQuota> {
    return this.operations.runOperation(principal, 'quota', async ({ credential }) => {
      const quota = await this.webdav.queries.quota(credential, '/');
      return quota ?? { usedBytes: 0, availableBytes: null };
    });
  }

  /** Pages are asked for until one is empty: a shorter one may be followed by more. */
  async #search(
    { credential }: FileOperation,
    query: FileQuery,
    { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
  ): Promise<SearchResult> {
    const pageSize = limit + 1;
    const hits: DavResource[] = [];
    for (let page = 0; page < MAX_SEARCH_REQUESTS && hits.length <= limit; page += 1) {
      const first = page * pageSize;
      const { resources, answered } = await this.webdav.queries.search(credential, query, {
        first,
        limit: pageSize,
        signal,
      });
      if (answered === 0) return { resources: hits.slice(0, limit), isComplete: hits.length <= limit };
      hits.push(...resources.filter((resource) => isNamed(resource, query.name)));
    }
    return { resources: hits.slice(0, limit), isComplete: false };
  }
}

function isNamed({ name }: DavResource, part: string | undefined): boolean {
  return part === undefined || name.toLowerCase().includes(part.normalize('NFC').toLowerCase());
}
