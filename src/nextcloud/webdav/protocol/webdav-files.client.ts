import { readBeginning } from '../../../outbound/bounded-read.ts';
import type { OutboundClient } from '../../../outbound/outbound.client.ts';
import type { OutboundResponse } from '../../../outbound/outbound.types.ts';
import { failure } from '../../../outbound/transport-error.ts';
import type { UpstreamPolicy } from '../../../outbound/upstream.policy.ts';
import { DomainError, isDomainError } from '../../../problem/domain-error.ts';
import type { NextcloudCredential } from '../../dav/nextcloud-credential.ts';
import { davFailure } from '../../dav/dav-failure.ts';
import { davHome, findPathOfHref } from '../../dav/dav-href.ts';
import { davPath } from '../../dav/dav-path.ts';
import { MultistatusReader } from '../../dav/multistatus.reader.ts';
import { findResource, RESOURCE_PROPFIND, type DavResource } from './dav-resource.ts';
import { findFileDownload, type FileDownload } from './file-download.ts';
import { whileLocked } from '../../dav/lock-retry.ts';
import { WebdavTransport, type WebdavRequest } from '../../dav/dav-transport.ts';

/** How much of a tree is listed (RFC 4918 section 10.2). */
export type ListDepth = 1 | 'infinity';

/** Options of a listing. */
export interface ListOptions {
  readonly depth: ListDepth;
  readonly signal?: AbortSignal;
  /** Called for an entry with a name that cannot be requested (over-long, control characters); it is left out. */
  readonly onUnusableName?: () => void;
}

/** Options of a download. */
export interface DownloadOptions {
  /** Larger files fail with `file-too-large`, in bytes. */
  readonly maxBytes: number;
  /** Entity tag that the file must still have. */
  readonly ifMatch?: string;
  /** Offsets of the first and the last byte; without `last` to the end. */
  readonly range?: { readonly first: number; readonly last?: number };
  readonly signal?: AbortSignal;
}

/** The user's home collection. */
export interface FilesRoot {
  readonly fileId: string;
  /** Changes with any change below. */
  readonly etag: string;
  readonly ownerId: string;
}

const LISTING = { maxBodyBytes: 512 * 1_024 * 1_024, totalTimeoutMs: 600_000, acceptsGzip: true };
const SINGLE = { maxBodyBytes: 1_024 * 1_024, totalTimeoutMs: 60_000 };
const DOWNLOAD_TIMEOUT_MS = 1_800_000;
const LISTING_HEADERS_TIMEOUT_MS = 180_000;
const MAX_ERROR_BYTES = 64 * 1_024;
/** How servers refuse `Depth: infinity`: RFC 4918 section 9.1 asks for 403; others do not implement it. */
const DEPTH_REFUSALS = new Set([403, 405, 501]);

/**
 * Reads a user's files over WebDAV with the user's own credential. All methods throw DomainErrors: the codes of
 * `davFailure` and of the outbound client.
 */
export class WebdavFilesClient {
  private readonly transport: WebdavTransport;
  private readonly listingTransport: WebdavTransport;
  private readonly upstream: string;
  /** Servers that refused `Depth: infinity` once. */
  private readonly shallowServers = new Set<string>();

  constructor(outbound: OutboundClient, policy: UpstreamPolicy) {
    this.transport = new WebdavTransport(outbound, policy);
    // A deep listing is made completely before its first byte is sent.
    this.listingTransport = new WebdavTransport(outbound, {
      ...policy,
      headersTimeoutMs: Math.max(policy.headersTimeoutMs, LISTING_HEADERS_TIMEOUT_MS),
    });
    this.upstream = policy.name;
  }

  /**
   * The home collection; one cheap request that tells whether anything below has changed.
   * @throws {DomainError} `upstream-misconfigured` when it is not this user's home
   */
  async root(credential: NextcloudCredential, signal?: AbortSignal): Promise<FilesRoot> {
    const { fileId, etag, ownerId } = await this.stat(credential, '/', signal);
    // `stat` has refused a home without an owner; this narrows the type.
    if (ownerId === null) throw this.foreignRoot();
    return { fileId, etag, ownerId };
  }

  /** One file or folder. */
  async stat(credential: NextcloudCredential, path: string, signal?: AbortSignal): Promise<DavResource> {
    const target = davPath(path);
    return whileLocked(async () => {
      const response = await this.propfind(credential, {
        ...SINGLE,
        path: target,
        headers: { Depth: '0' },
        ...on(signal),
      });
      const found: DavResource[] = [];
      for await (const resource of this.resources(response, credential, { target })) found.push(resource);
      const [resource] = found;
      if (!resource || resource.path !== target) throw failure('upstream-protocol-error', this.upstream, 'no-resource');
      return resource;
    }, signal);
  }

  /** One file or folder; null when there is none. */
  async findEntry(credential: NextcloudCredential, path: string, signal?: AbortSignal): Promise<DavResource | null> {
    try {
      return await this.stat(credential, path, signal);
    } catch (error) {
      if (isDomainError(error, 'file-not-found')) return null;
      throw error;
    }
  }

  /**
   * Lists a folder: first the folder itself, then what is in it, as it arrives.
   * Only an iteration that ends without an error is a complete listing.
   * @throws {DomainError} also `not-a-folder`
   */
  async *list(credential: NextcloudCredential, path: string, options: ListOptions): AsyncGenerator<DavResource> {
    const listing = await this.openListing(credential, davPath(path), options);
    if (listing === 'depth-refused') throw failure('upstream-protocol-error', this.upstream, 'depth-refused');
    yield* listing;
  }

  /**
   * Lists a whole tree: in one streamed request where the server allows it, else folder by folder.
   * The folder itself comes first; a folder always comes before what is in it.
   */
  async *walk(
    credential: NextcloudCredential,
    path: string,
    options: Omit<ListOptions, 'depth'> = {},
  ): AsyncGenerator<DavResource> {
    if (!this.shallowServers.has(credential.baseUrl)) {
      const listing = await this.openListing(credential, davPath(path), { ...options, depth: 'infinity' });
      if (listing !== 'depth-refused') {
        yield* listing;
        return;
      }
      this.shallowServers.add(credential.baseUrl);
    }
    const folders = [davPath(path)];
    for (
      let folder = folders.shift(), isFirst = true;
      folder !== undefined;
      folder = folders.shift(), isFirst = false
    ) {
      for await (const resource of this.list(credential, folder, { ...options, depth: 1 })) {
        const isFolderItself = resource.path === folder;
        if (!isFolderItself && resource.isCollection) folders.push(resource.path);
        if (!isFolderItself || isFirst) yield resource;
      }
    }
  }

  /**
   * Starts to read a file.
   * @throws {DomainError} also `not-a-file`, `file-too-large`, `etag-mismatch`, `range-not-satisfiable`
   */
  async download(credential: NextcloudCredential, path: string, options: DownloadOptions): Promise<FileDownload> {
    const { ifMatch, range, signal, maxBytes } = options;
    const headers = {
      ...(ifMatch === undefined ? {} : { 'If-Match': ifMatch }),
      ...(range ? { Range: `bytes=${String(range.first)}-${range.last === undefined ? '' : String(range.last)}` } : {}),
    };
    const request = { method: 'GET', path: davPath(path), headers, totalTimeoutMs: DOWNLOAD_TIMEOUT_MS, ...on(signal) };
    return whileLocked(async () => {
      // One byte more than allowed: the answer itself must be able to say that it is too large.
      const response = await this.transport.send(credential, { ...request, maxBodyBytes: maxBytes + 64 * 1_024 });
      if (response.status !== 200 && response.status !== 206) throw await this.failureOf(response);
      return findFileDownload(response, maxBytes) ?? (await this.notAFile(credential, request.path, signal));
    }, signal);
  }

  /** Finds out why a path answered something that is not a file's content. */
  private async notAFile(credential: NextcloudCredential, path: string, signal?: AbortSignal): Promise<never> {
    const { isCollection } = await this.stat(credential, path, signal);
    if (isCollection) throw new DomainError('not-a-file');
    throw failure('upstream-misconfigured', this.upstream, 'web-page');
  }

  private async openListing(
    credential: NextcloudCredential,
    target: string,
    options: ListOptions,
  ): Promise<AsyncGenerator<DavResource> | 'depth-refused'> {
    const { depth, signal, onUnusableName = () => undefined } = options;
    const headers = { Depth: String(depth) };
    const request = { ...LISTING, path: target, headers, method: 'PROPFIND', data: RESOURCE_PROPFIND, ...on(signal) };
    return whileLocked(async () => {
      // Only a whole tree may take minutes before its first byte; somebody may be waiting for a folder.
      const transport = depth === 'infinity' ? this.listingTransport : this.transport;
      const response = await transport.send(credential, request);
      if (depth === 'infinity' && DEPTH_REFUSALS.has(response.status)) {
        response.discard();
        return 'depth-refused';
      }
      await this.assertMultistatus(response);
      return this.listed(this.resources(response, credential, { target, onUnusableName }), target);
    }, signal);
  }

  /** Checks that the folder itself comes first. */
  private async *listed(resources: AsyncIterable<DavResource>, target: string): AsyncGenerator<DavResource> {
    let isFirst = true;
    for await (const resource of resources) {
      if (isFirst && resource.path !== target) throw failure('upstream-protocol-error', this.upstream, 'order');
      if (isFirst && !resource.isCollection) throw new DomainError('not-a-folder');
      isFirst = false;
      yield resource;
    }
    if (isFirst) throw failure('upstream-protocol-error', this.upstream, 'no-resource');
  }

  private async propfind(
    credential: NextcloudCredential,
    request: Omit<WebdavRequest, 'method' | 'data'>,
  ): Promise<OutboundResponse> {
    const response = await this.transport.send(credential, { ...request, method: 'PROPFIND', data: RESOURCE_PROPFIND });
    await this.assertMultistatus(response);
    return response;
  }

  private async *resources(
    response: OutboundResponse,
    credential: NextcloudCredential,
    { target, onUnusableName = () => undefined }: { target: string; onUnusableName?: () => void },
  ): AsyncGenerator<DavResource> {
    const home = davHome(credential.baseUrl, credential.uid);
    const below = target === '/' ? '/' : `${target}/`;
    for await (const entry of new MultistatusReader(response.body, this.upstream)) {
      const path = findPathOfHref(entry.href, home, this.upstream);
      if (path === null) {
        onUnusableName();
        continue;
      }
      if (path !== target && !path.startsWith(below))
        throw failure('upstream-protocol-error', this.upstream, 'foreign-href');
      // Gone between the server's look at the folder and its look at the entry.
      if (entry.status === 404 && path !== target) continue;
      const resource = findResource(entry, path, this.upstream);
      if (!resource)
        throw path === '/' ? this.foreignRoot() : failure('upstream-protocol-error', this.upstream, 'properties');
      if (path === '/' && resource.ownerId !== credential.uid) throw this.foreignRoot();
      yield resource;
    }
  }

  /** Another user's home answers like an empty one; taking that for the truth would delete everything we know. */
  private foreignRoot(): DomainError {
    return failure('upstream-misconfigured', this.upstream, 'foreign-root');
  }

  private async assertMultistatus(response: OutboundResponse): Promise<void> {
    const isXml = /^(application|text)\/xml\b/i.test(response.headers['content-type'] ?? '');
    if (response.status === 207 && isXml) return;
    throw await this.failureOf(response);
  }

  private async failureOf(response: OutboundResponse): Promise<DomainError> {
    const { status, headers } = response;
    const bodyText = await readBeginning(response.body, MAX_ERROR_BYTES);
    return davFailure({ status, headers, bodyText }, this.upstream);
  }
}

function on(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}
