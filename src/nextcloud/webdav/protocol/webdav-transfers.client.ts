import { randomUUID } from 'node:crypto';
import type { OutboundClient } from '../../../outbound/outbound.client.ts';
import type { OutboundResponse } from '../../../outbound/outbound.types.ts';
import { failure } from '../../../outbound/transport-error.ts';
import type { UpstreamPolicy } from '../../../outbound/upstream.policy.ts';
import { DomainError, isDomainError } from '../../../problem/domain-error.ts';
import type { NextcloudCredential } from '../../dav/nextcloud-credential.ts';
import { findEtag } from '../../dav/dav-etag.ts';
import { davPath } from '../../dav/dav-path.ts';
import { answeredFailure, leave } from '../../dav/dav-answer.ts';
import { findFileDownload, type FileDownload } from './file-download.ts';
import { whileLocked } from '../../dav/lock-retry.ts';
import { SendingWatch } from './sending-watch.ts';
import { destination, type Replaced } from './webdav-writes.client.ts';
import { WebdavTransport, type WebdavRequest } from '../../dav/dav-transport.ts';

const DAY_MS = 86_400_000;
/** Nextcloud joins the chunks before it answers: some seconds for each GiB. */
const JOIN_TIMEOUT_MS = 900_000;
const CLEAN_UP_TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 1_024 * 1_024;
const CHUNK_DIGITS = 5;

/** Most chunks of one upload, by Nextcloud's own rule. */
export const MAX_CHUNKS = 10_000;

/** Which part of a file is wanted, and under which conditions (RFC 9110 sections 13.1 and 14.2). */
export interface ReadRequest {
  readonly path: string;
  /** Value of Range for one range. */
  readonly range?: string;
  /** Strong entity tag: the range is only wanted of this version, else the whole file. */
  readonly ifRange?: string;
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
  readonly signal: AbortSignal;
}

/** A piece of a file; its length is known before it is sent. */
export interface Chunk {
  readonly sizeBytes: number;
  readonly content: AsyncIterable<Uint8Array>;
}

/** Where an upload goes. */
export interface WriteTarget {
  readonly path: string;
  /** The version that is replaced; null when the file is new. */
  readonly replaced: Replaced;
  readonly signal: AbortSignal;
  /** Makes the last step of a chunked upload wait for its turn; default at once. */
  readonly inOrder?: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

/** What an upload has made. */
export interface WrittenFile {
  /** Null when the server does not say. */
  readonly fileId: string | null;
  /** Null when the server does not say. */
  readonly etag: string | null;
  readonly isNew: boolean;
}

/** Content of files, in both directions, with the user's own credential; nothing is kept in memory but what is on its way. */
export class WebdavTransfersClient {
  private readonly transport: WebdavTransport;
  private readonly joining: WebdavTransport;
  private readonly upstream: string;

  constructor(outbound: OutboundClient, policy: UpstreamPolicy) {
    this.transport = new WebdavTransport(outbound, policy);
    this.joining = new WebdavTransport(outbound, { ...policy, headersTimeoutMs: JOIN_TIMEOUT_MS });
    this.upstream = policy.name;
  }

  /**
   * Starts to read a file.
   * @returns null when the file still is what `ifNoneMatch` names (304)
   * @throws {DomainError} codes of `davFailure` and of the outbound client, `not-a-file`
   */
  async openDownload(credential: NextcloudCredential, request: ReadRequest): Promise<FileDownload | null> {
    const { range, ifRange, ifMatch, ifNoneMatch, signal } = request;
    const headers = defined({ Range: range, 'If-Range': ifRange, 'If-Match': ifMatch, 'If-None-Match': ifNoneMatch });
    const call = { method: 'GET', path: davPath(request.path), headers, signal, totalTimeoutMs: DAY_MS };
    return whileLocked(async () => {
      const response = await this.transport.send(credential, { ...call, maxBodyBytes: Number.MAX_SAFE_INTEGER });
      if (response.status === 304) return null;
      if (response.status !== 200 && response.status !== 206) throw await answeredFailure(response, this.upstream);
      const download = findFileDownload(response, Number.MAX_SAFE_INTEGER);
      // The caller has seen a file at this path: what has no entity tag is a folder in its place or a proxy's page.
      if (download === null) throw failure('upstream-misconfigured', this.upstream, 'web-page');
      return download;
    }, signal);
  }

  /**
   * Writes a small file in one request, again when somebody else is just writing it.
   * @throws {DomainError} codes of `davFailure` and of the outbound client, `parent-not-found`, `not-a-file`
   */
  async put(
    credential: NextcloudCredential,
    { path, replaced, signal }: WriteTarget,
    content: Uint8Array,
  ): Promise<WrittenFile> {
    const headers = {
      'Content-Type': 'application/octet-stream',
      ...(replaced === null ? { 'If-None-Match': '*' } : { 'If-Match': replaced.etag }),
    };
    const call = { method: 'PUT', path: davPath(path), headers, content, signal, maxBodyBytes: MAX_ANSWER_BYTES };
    return whileLocked(async () => {
      const response = await this.joining.send(credential, { ...call, totalTimeoutMs: JOIN_TIMEOUT_MS });
      if (response.status !== 201 && response.status !== 204) {
        throw await answeredFailure(response, this.upstream, { 404: 'parent-not-found', 409: 'not-a-file' });
      }
      return written(response);
    }, signal);
  }

  /**
   * Writes a file of any size by Nextcloud's chunked upload, version 2: the file appears, or is replaced, at the end and
   * at once. Whatever ends it before leaves nothing behind.
   * @throws {DomainError} as {@link WebdavTransfersClient.put}, and what `chunks` throws
   */
  async putChunked(
    credential: NextcloudCredential,
    target: WriteTarget,
    chunks: AsyncIterable<Chunk>,
  ): Promise<WrittenFile> {
    const folder = `/${randomUUID()}`;
    const goal = destination(credential, target.path, target.replaced);
    const { Destination } = goal;
    const shared = { area: 'uploads' as const, signal: target.signal, maxBodyBytes: MAX_ANSWER_BYTES };
    try {
      await this.expect(credential, { ...shared, method: 'MKCOL', path: folder, headers: defined({ Destination }) });
      const sizeBytes = await this.sendChunks(
        credential,
        { ...shared, path: folder, headers: defined({ Destination }) },
        chunks,
      );
      const headers = { ...goal, 'OC-Total-Length': String(sizeBytes) };
      const join = (): Promise<WrittenFile> => this.join(credential, { ...shared, path: `${folder}/.file`, headers });
      return await (target.inOrder ?? ((work) => work()))(join);
    } catch (error) {
      await this.abandon(credential, folder);
      throw error;
    }
  }

  private async sendChunks(
    credential: NextcloudCredential,
    request: Omit<WebdavRequest, 'method'> & { readonly signal: AbortSignal },
    chunks: AsyncIterable<Chunk>,
  ): Promise<number> {
    let number = 0;
    let total = 0;
    for await (const { sizeBytes, content } of chunks) {
      number += 1;
      total += sizeBytes;
      if (number > MAX_CHUNKS) throw new DomainError('file-too-large');
      const watch = new SendingWatch(this.upstream, request.signal);
      try {
        await this.expect(credential, {
          ...request,
          method: 'PUT',
          path: `${request.path}/${String(number).padStart(CHUNK_DIGITS, '0')}`,
          headers: { ...request.headers, 'Content-Length': String(sizeBytes) },
          content: watch.watched(content),
          signal: watch.signal,
          totalTimeoutMs: DAY_MS,
        });
      } catch (error) {
        throw watch.cause ?? error;
      } finally {
        watch.end();
      }
    }
    return total;
  }

  private async join(credential: NextcloudCredential, request: Omit<WebdavRequest, 'method'>): Promise<WrittenFile> {
    return whileLocked(async () => {
      const call = { ...request, method: 'MOVE', totalTimeoutMs: JOIN_TIMEOUT_MS };
      const response = await this.joining.send(credential, call);
      if (response.status === 201 || response.status === 204) return written(response);
      // 404: the version that is to be replaced is gone. A missing chunk would be 400.
      throw await answeredFailure(response, this.upstream, { 404: 'etag-mismatch', 409: 'parent-not-found' });
    }, request.signal);
  }

  private async expect(credential: NextcloudCredential, request: WebdavRequest): Promise<void> {
    const response = await this.transport.send(credential, request);
    if (response.status !== 201 && response.status !== 204) {
      throw await answeredFailure(response, this.upstream, {
        404: 'upstream-protocol-error',
        409: 'upstream-protocol-error',
      });
    }
    leave(response);
  }

  /** Nextcloud deletes what is left of an upload after a day; until then it would count against the quota. */
  private async abandon(credential: NextcloudCredential, folder: string): Promise<void> {
    const call = { method: 'DELETE', area: 'uploads', path: folder, totalTimeoutMs: CLEAN_UP_TIMEOUT_MS } as const;
    try {
      leave(await this.transport.send(credential, call));
    } catch (error) {
      // The failure that ended the upload is the one to tell.
      if (!isDomainError(error)) throw error;
    }
  }
}

function written(response: OutboundResponse): WrittenFile {
  leave(response);
  const { headers, status } = response;
  // The file id is padded with zeros and followed by the name of the instance, which begins with "oc".
  const fileId = /^0*(\d{1,19})oc/.exec(headers['oc-fileid'] ?? '')?.[1] ?? null;
  return { fileId, etag: findEtag(headers['etag'] ?? headers['oc-etag']), isNew: status === 201 };
}

function defined(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
