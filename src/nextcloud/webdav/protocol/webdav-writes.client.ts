import type { OutboundClient } from '../../../outbound/outbound.client.ts';
import type { OutboundResponse } from '../../../outbound/outbound.types.ts';
import type { UpstreamPolicy } from '../../../outbound/upstream.policy.ts';
import type { NextcloudCredential } from '../../dav/nextcloud-credential.ts';
import { davAreaUrl } from '../../dav/dav-href.ts';
import { davPath, encodeDavPath } from '../../dav/dav-path.ts';
import { answeredFailure, leave, type StatusMeanings } from '../../dav/dav-answer.ts';
import { whileLocked } from '../../dav/lock-retry.ts';
import { WebdavTransport, type WebdavRequest } from '../../dav/dav-transport.ts';

const HEADERS_TIMEOUT_MS = 300_000;
const TOTAL_TIMEOUT_MS = 360_000;
const MAX_BODY_BYTES = 1_024 * 1_024;

/** What a move or a copy may replace: nothing, or exactly the version of the file with this entity tag. */
export type Replaced = null | { readonly etag: string };

/** Where something goes. */
export interface Relocation {
  readonly from: string;
  readonly to: string;
  readonly replaced: Replaced;
  /** Entity tag that a file at `from` must still have. */
  readonly ifMatch?: string;
  readonly signal?: AbortSignal;
}

/** Options of a change. */
export interface WriteOptions {
  /** Entity tag that a file must still have; Nextcloud refuses every one for a folder. */
  readonly ifMatch?: string;
  readonly signal?: AbortSignal;
}

/**
 * Changes the structure of a user's files with the user's own credential. A request that Nextcloud refused because of a
 * lock changed nothing and is repeated; no other failure is, because what it left behind is unknown.
 * All methods throw the codes of `davFailure` and of the outbound client.
 */
export class WebdavWritesClient {
  private readonly transport: WebdavTransport;
  private readonly upstream: string;

  constructor(outbound: OutboundClient, policy: UpstreamPolicy) {
    // A folder of any size is moved, copied or deleted before the answer begins.
    this.transport = new WebdavTransport(outbound, {
      ...policy,
      headersTimeoutMs: Math.max(policy.headersTimeoutMs, HEADERS_TIMEOUT_MS),
    });
    this.upstream = policy.name;
  }

  /**
   * Creates one folder (RFC 4918 section 9.3).
   * @throws {DomainError} also `file-exists`, `parent-not-found`
   */
  async makeFolder(credential: NextcloudCredential, path: string, signal?: AbortSignal): Promise<void> {
    const request = { method: 'MKCOL', path: davPath(path), ...on(signal) };
    await this.change(credential, request, { 405: 'file-exists', 409: 'parent-not-found' });
  }

  /** Deletes a file or a whole folder (RFC 4918 section 9.6); Nextcloud keeps it in its trash bin where that is on. */
  async remove(credential: NextcloudCredential, path: string, { ifMatch, signal }: WriteOptions): Promise<void> {
    const headers = ifMatch === undefined ? {} : { 'If-Match': ifMatch };
    await this.change(credential, { method: 'DELETE', path: davPath(path), headers, ...on(signal) }, {});
  }

  /**
   * Moves or renames (RFC 4918 section 9.9).
   * @returns true when there was nothing at `to`
   * @throws {DomainError} also `file-exists`, `parent-not-found`, `etag-mismatch`
   */
  move(credential: NextcloudCredential, relocation: Relocation): Promise<boolean> {
    return this.relocate(credential, 'MOVE', relocation);
  }

  /**
   * Copies, a folder with all that is in it (RFC 4918 section 9.8).
   * @returns true when there was nothing at `to`
   * @throws {DomainError} as {@link WebdavWritesClient.move}
   */
  copy(credential: NextcloudCredential, relocation: Relocation): Promise<boolean> {
    return this.relocate(credential, 'COPY', relocation);
  }

  private async relocate(
    credential: NextcloudCredential,
    method: string,
    { from, to, replaced, ifMatch, signal }: Relocation,
  ): Promise<boolean> {
    const headers = {
      ...destination(credential, to, replaced),
      ...(ifMatch === undefined ? {} : { 'If-Match': ifMatch }),
    };
    const meanings: StatusMeanings = {
      409: 'parent-not-found',
      // Without an If or If-Match field only the existing destination can be meant.
      ...(replaced === null && ifMatch === undefined && { 412: 'file-exists' as const }),
    };
    const { status } = await this.change(credential, { method, path: davPath(from), headers, ...on(signal) }, meanings);
    return status === 201;
  }

  private async change(
    credential: NextcloudCredential,
    request: WebdavRequest,
    meanings: StatusMeanings,
  ): Promise<OutboundResponse> {
    const limits = { maxBodyBytes: MAX_BODY_BYTES, totalTimeoutMs: TOTAL_TIMEOUT_MS };
    return whileLocked(async () => {
      const response = await this.transport.send(credential, { ...limits, ...request });
      if (response.status !== 201 && response.status !== 204) {
        throw await answeredFailure(response, this.upstream, meanings);
      }
      leave(response);
      return response;
    }, request.signal);
  }
}

/**
 * The fields that say where something goes and what may be there: `If` with the entity tag of the destination
 * (RFC 4918 section 10.4), which Nextcloud checks for files and never finds true for a folder.
 */
export function destination(credential: NextcloudCredential, to: string, replaced: Replaced): Record<string, string> {
  const url = davAreaUrl(credential.baseUrl, credential.uid, 'files') + encodeDavPath(davPath(to));
  return {
    Destination: url,
    Overwrite: replaced === null ? 'F' : 'T',
    ...(replaced === null ? {} : { If: `<${url}> ([${replaced.etag}])` }),
  };
}

function on(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}
