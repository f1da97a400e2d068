import type { OutboundClient } from '../../../outbound/outbound.client.ts';
import type { OutboundResponse } from '../../../outbound/outbound.types.ts';
import { failure } from '../../../outbound/transport-error.ts';
import type { UpstreamPolicy } from '../../../outbound/upstream.policy.ts';
import type { NextcloudCredential } from '../../dav/nextcloud-credential.ts';
import { davHome, findPathOfHref } from '../../dav/dav-href.ts';
import { davPath } from '../../dav/dav-path.ts';
import { MultistatusReader } from '../../dav/multistatus.reader.ts';
import { findProperty } from '../../dav/multistatus.types.ts';
import { findResource, type DavResource } from './dav-resource.ts';
import { answeredFailure } from '../../dav/dav-answer.ts';
import { searchRequest, type FileQuery } from './search-request.ts';
import { WebdavTransport } from '../../dav/dav-transport.ts';

const MAX_SEARCH_BYTES = 64 * 1_024 * 1_024;
const MAX_QUOTA_BYTES = 256 * 1_024;
const TIMEOUT_MS = 120_000;
const DAV = 'DAV:';
const QUOTA_PROPFIND = `<?xml version="1.0" encoding="utf-8"?>
<d:propfind xmlns:d="DAV:"><d:prop><d:resourcetype/><d:quota-available-bytes/><d:quota-used-bytes/></d:prop></d:propfind>`;

/** What may still be stored below a folder (RFC 4331). */
export interface DavQuota {
  readonly usedBytes: number;
  /** Null when there is no limit, or the server does not know. */
  readonly availableBytes: number | null;
}

/** One page of a search. */
export interface SearchPage {
  readonly resources: readonly DavResource[];
  /** Entries of the answer; fewer than asked for does not mean that no more come. */
  readonly answered: number;
}

/** Questions about a user's files that are no listing, with the user's own credential. */
export class WebdavQueriesClient {
  private readonly transport: WebdavTransport;
  private readonly upstream: string;

  constructor(outbound: OutboundClient, policy: UpstreamPolicy) {
    this.transport = new WebdavTransport(outbound, policy);
    this.upstream = policy.name;
  }

  /**
   * Files and folders below a folder that meet all conditions, the last modified first (DASL, RFC 5323). Nextcloud
   * tells neither owner nor upload time here. `first` is how many answered entries to leave out.
   * @throws {DomainError} codes of `davFailure` and of the outbound client; `file-not-found` when the folder is missing
   */
  async search(
    credential: NextcloudCredential,
    query: FileQuery,
    { first, limit, signal }: { first: number; limit: number; signal?: AbortSignal },
  ): Promise<SearchPage> {
    const response = await this.transport.send(credential, {
      method: 'SEARCH',
      area: 'root',
      path: '/',
      headers: { 'Content-Type': 'text/xml; charset=utf-8' },
      data: searchRequest(credential.uid, query, { first, limit }),
      maxBodyBytes: MAX_SEARCH_BYTES,
      totalTimeoutMs: TIMEOUT_MS,
      acceptsGzip: true,
      ...(signal && { signal }),
    });
    await this.assertMultistatus(response);
    const home = davHome(credential.baseUrl, credential.uid);
    const below = query.path === '/' ? '/' : `${query.path}/`;
    const resources: DavResource[] = [];
    let answered = 0;
    for await (const entry of new MultistatusReader(response.body, this.upstream)) {
      answered += 1;
      if (answered > limit) throw failure('upstream-protocol-error', this.upstream, 'search-limit');
      const path = findPathOfHref(entry.href, home, this.upstream);
      if (path === null) continue;
      if (!path.startsWith(below)) throw failure('upstream-protocol-error', this.upstream, 'foreign-href');
      const resource = findResource(entry, path, this.upstream);
      if (resource !== null) resources.push(resource);
    }
    return { resources, answered };
  }

  /**
   * What may still be stored below a folder; in a share that is the owner's quota.
   * @returns null when the path names a file
   * @throws {DomainError} codes of `davFailure` and of the outbound client; `file-not-found`
   */
  async quota(credential: NextcloudCredential, path: string, signal?: AbortSignal): Promise<DavQuota | null> {
    const response = await this.transport.send(credential, {
      method: 'PROPFIND',
      path: davPath(path),
      headers: { Depth: '0' },
      data: QUOTA_PROPFIND,
      maxBodyBytes: MAX_QUOTA_BYTES,
      totalTimeoutMs: TIMEOUT_MS,
      ...(signal && { signal }),
    });
    await this.assertMultistatus(response);
    let quota: DavQuota | null = null;
    for await (const entry of new MultistatusReader(response.body, this.upstream)) {
      const read = (name: string): number | null => parseBytes(findProperty(entry, DAV, name)?.text ?? '');
      const isFolder = findProperty(entry, DAV, 'resourcetype')?.children.some(({ name }) => name === 'collection');
      if (isFolder !== true) return null;
      const available = read('quota-available-bytes');
      // -1 not computed yet, -2 unknown, -3 unlimited.
      quota = { usedBytes: Math.max(0, read('quota-used-bytes') ?? 0), availableBytes: nonNegative(available) };
    }
    if (quota === null) throw failure('upstream-protocol-error', this.upstream, 'no-resource');
    return quota;
  }

  private async assertMultistatus(response: OutboundResponse): Promise<void> {
    const isXml = /^(application|text)\/xml\b/i.test(response.headers['content-type'] ?? '');
    if (response.status === 207 && isXml) return;
    throw await answeredFailure(response, this.upstream);
  }
}

function nonNegative(bytes: number | null): number | null {
  return bytes === null || bytes < 0 ? null : bytes;
}

function parseBytes(text: string): number | null {
  return /^-?\d{1,15}$/.test(text.trim()) ? Number(text) : null;
}
