import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JobHandler, type JobContext } from '../../jobs/job-handler.port.ts';
import type { JobCounters } from '../../jobs/job.entity.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { ProblemCode } from '../../problem/problem-codes.ts';
import { ClosedFolders } from '../rules/closed-folders.ts';
import { IndexRulesService } from '../rules/index-rules.service.ts';
import { DocumentSources } from '../sources/document-sources.ts';
import { findDocumentType } from '../sources/document-type.ts';
import { userSourceOf } from '../sources/source-job.ts';
import { DocumentIngestion } from './document-ingestion.ts';
import { RequestedDocuments, type FileRequest, type RequestedState } from './requested-documents.ts';

/** Kind of the jobs that index one file. */
export const INDEX_FILE = 'index-file';

const FILES_AT_A_TIME = 2;

const PROBLEM_OF_REASON: Readonly<Record<string, ProblemCode>> = {
  encrypted: 'document-encrypted',
  unreadable: 'document-unreadable',
  empty: 'document-empty',
  'unsupported-type': 'unsupported-document-type',
  'too-large': 'file-too-large',
  timeout: 'document-set-aside',
  memory: 'document-set-aside',
  'worker-crashed': 'document-set-aside',
  'resource-locked': 'resource-locked',
  'file-not-found': 'file-not-found',
};

/** Indexes one file that a user named, wherever it lies in its source. */
@Injectable()
export class IndexFileJob extends JobHandler {
  readonly kind = INDEX_FILE;
  readonly concurrency = FILES_AT_A_TIME;
  override readonly waitsForUpstream = true;

  constructor(
    private readonly sources: DocumentSources,
    private readonly documents: RequestedDocuments,
    private readonly ingestion: DocumentIngestion,
    private readonly rules: IndexRulesService,
  ) {
    super();
  }

  async run(context: JobContext): Promise<JobCounters> {
    const { jobId, signal } = context;
    const owner = userSourceOf(context);
    const request = fileRequest(context.parameters);
    const session = await this.sources.of(owner.source).openSession(owner.userId);
    const entry = await session.stat(request.path, signal);
    if (entry.isFolder) throw new DomainError('not-a-file');
    if (findDocumentType(entry.path) === undefined) throw new DomainError('unsupported-document-type');
    const book = await this.rules.bookOf(owner);
    const isClosed = (await new ClosedFolders(session).findClosedFolder(entry.path, { signal })) !== null;
    if (isClosed || book.findExclusion(entry.path) !== null) throw new DomainError('excluded-by-rule');
    const run = { ...owner, session, jobId, signal, maxBytes: book.maxFileBytes };
    const id = await this.documents.request(entry, { ...owner, runId: randomUUID(), request });
    for (;;) {
      const state = await this.documents.stateOf(owner.userId, id);
      if (state.state !== 'pending' || state.isPostponed) return outcome(state, jobId);
      await this.ingestion.ingest(id, run);
    }
  }
}

function fileRequest(parameters: Readonly<Record<string, unknown>>): FileRequest {
  const { file_path: path, source_type: sourceType, title } = parameters;
  if (typeof path !== 'string') throw new Error('The job names no file');
  return {
    path,
    ...(typeof sourceType === 'string' && { sourceType }),
    ...(typeof title === 'string' && { title }),
  };
}

/** @throws DomainError that says why there is no text, unless the file is sound and holds only pictures */
function outcome({ state, reason, chunkCount, indexedBy }: RequestedState, jobId: string): JobCounters {
  if (state === 'indexed' || state === 'no_text_layer') {
    const isNew = indexedBy === jobId;
    return { files_indexed: isNew ? 1 : 0, chunks_indexed: chunkCount };
  }
  const gone = state === 'removed' ? 'file-not-found' : undefined;
  throw new DomainError(gone ?? PROBLEM_OF_REASON[reason ?? ''] ?? 'document-set-aside');
}
