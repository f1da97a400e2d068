import { setImmediate } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { failureForLog } from '../../problem/failure-for-log.ts';
import { Sealer } from '../../secrets/sealer.ts';
import { iterateChunks } from '../chunking/chunk-pages.ts';
import type { Chunk } from '../chunking/chunk.types.ts';
import { DocumentExtractor } from '../extraction/document-extractor.ts';
import type { ExtractedText } from '../extraction/extraction.types.ts';
import type { SourceSession } from '../sources/document-source.port.ts';
import type { UserSource } from '../sources/document-source.types.ts';
import { DownloadFolder } from './download-folder.ts';
import { IngestionRecords, type DocumentClaim } from './ingestion-records.ts';
import { failureActionOf, type FailureAction } from './failure-policy.ts';
import { writeRevision } from './revision-writer.ts';

/** Tries that ended with a failure before a document is set aside. */
const MAX_FAILURES = 3;
/** Tries that did not end at all: reading happens in a process of its own, so the server's death is rarely the file's fault. */
const MAX_STARTS = 8;
const LOCKED_DELAY_SECONDS = 60;
const CHUNKS_AT_A_TIME = 500;

/** The job that reads documents, and the session of the source that it reads with. */
export interface IngestionRun extends UserSource {
  readonly session: SourceSession;
  readonly jobId: string;
  readonly signal: AbortSignal;
  /** Larger files are not read. */
  readonly maxBytes: number;
}

/** Takes one pending document to its next state: downloads, compares, reads, cuts and stores it. */
@Injectable()
export class DocumentIngestion {
  readonly #log = new Logger('Indexing');

  constructor(
    private readonly records: IngestionRecords,
    private readonly extractor: DocumentExtractor,
    private readonly folder: DownloadFolder,
    private readonly sealer: Sealer,
  ) {}

  /**
   * Makes one try. What is wrong with the file is stored with the document; only what ends the whole job is thrown,
   * and such a try does not count. Does nothing when the document is not pending.
   *
   * @throws DomainError when nothing more can be read: the account's or the source's own failure, or the database's
   */
  async ingest(documentId: string, run: IngestionRun): Promise<void> {
    run.signal.throwIfAborted();
    const claim = await this.records.claim(run, documentId);
    if (claim === null) return;
    if (claim.attempts > MAX_STARTS) return this.records.finishWithoutText(claim, 'failed', 'worker-crashed');
    if (claim.seenSize > run.maxBytes) return this.records.finishWithoutText(claim, 'too_large', 'too-large');
    try {
      await this.folder.withFile((path) => this.#read(claim, path, run));
    } catch (error) {
      await this.#handle(error, claim, run);
    }
  }

  async #read(claim: DocumentClaim, path: string, { session, jobId, signal, maxBytes }: IngestionRun): Promise<void> {
    const download = await session.download({ path: claim.path, fileId: claim.fileId }, path, {
      maxBytes,
      signal,
    });
    if (download.contentHash === claim.currentHash && !claim.mustReindex) {
      return this.records.storeVersion(claim, download.etag);
    }
    const extracted = await this.extractor.extract(path, claim.mediaType, { signal });
    if (extracted.status === 'no-text-layer')
      return this.records.finishWithoutText(claim, 'no_text_layer', 'no-text-layer');
    const chunks = await cut(extracted, signal);
    if (chunks.length === 0) return this.records.finishWithoutText(claim, 'failed', 'empty');
    const pageCount = extracted.pages.filter((page) => page.number !== null).length;
    await this.records.store(claim, async (em) => {
      const seal = await this.sealer.of(em, claim.userId);
      return writeRevision(em, claim, { download, pageCount, chunks, jobId, seal });
    });
  }

  async #handle(error: unknown, claim: DocumentClaim, run: IngestionRun): Promise<void> {
    const action = run.signal.aborted ? ({ kind: 'abort' } as const) : await this.#evaluate(error, run);
    switch (action.kind) {
      case 'fail':
        return this.records.finishWithoutText(claim, action.state, action.reason);
      case 'remove':
        await this.records.remove(claim);
        return;
      case 'defer':
        return this.records.postpone(claim, action.reason, LOCKED_DELAY_SECONDS);
      case 'retry':
      case 'source':
        if (action.reason === 'internal-error') this.#log.error({ documentId: claim.id, ...failureForLog(error) });
        if (claim.attempts >= MAX_FAILURES) return this.records.finishWithoutText(claim, 'failed', action.reason);
        return this.records.recordFailure(claim, action.reason);
      case 'abort':
        await this.#abort(claim);
        throw error;
    }
  }

  /** A server that fails for one file but answers otherwise must not hold up all the others for ever. */
  async #evaluate(error: unknown, { session, signal }: IngestionRun): Promise<FailureAction> {
    const action = failureActionOf(error);
    if (action.kind !== 'source') return action;
    try {
      await session.stat('/', signal);
      return action;
    } catch {
      // The source as a whole is down; the first error says how.
      return { kind: 'abort' };
    }
  }

  async #abort(claim: DocumentClaim): Promise<void> {
    try {
      await this.records.giveBack(claim);
    } catch (error) {
      // Without the database the try stays counted, which at worst means fewer tries.
      this.#log.warn({ documentId: claim.id, ...failureForLog(error) }, 'A try could not be taken back');
    }
  }
}

/** Cuts text into passages and lets other work through in between. */
async function cut(text: ExtractedText, signal: AbortSignal): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for (const chunk of iterateChunks(text.pages, { isMarkdown: text.mediaType === 'text/markdown' })) {
    chunks.push(chunk);
    if (chunks.length % CHUNKS_AT_A_TIME !== 0) continue;
    await setImmediate();
    signal.throwIfAborted();
  }
  return chunks;
}
