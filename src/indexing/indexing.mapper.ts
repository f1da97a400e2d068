import type { Job } from '../jobs/job.entity.ts';
import { jobResponse } from '../jobs/job.dto.ts';
import type { DocumentView } from './documents/document-view.ts';
import type {
  AcceptedJobResponse,
  IndexFileRequest,
  IndexResponse,
  ScanQuery,
  ScanResponse,
  WaitQuery,
} from './indexing.dto.ts';
import type { IndexRequest, ScanRequest } from './indexing.service.ts';

const DEFAULT_WAIT_SECONDS = 25;

/** The wishes in a request to scan. */
export function scanRequest({ source_type: sourceType, force_reindex: isForced, wait }: ScanQuery): ScanRequest {
  return {
    ...(sourceType !== undefined && { sourceType }),
    isForced: isForced ?? false,
    waitSeconds: wait ?? DEFAULT_WAIT_SECONDS,
  };
}

/** The wishes in a request to index one file. */
export function indexRequest(request: IndexFileRequest, { wait }: WaitQuery): IndexRequest {
  const { file_path: path, source_type: sourceType, title } = request;
  return {
    path,
    ...(sourceType !== undefined && { sourceType }),
    ...(title !== undefined && { title }),
    waitSeconds: wait ?? DEFAULT_WAIT_SECONDS,
  };
}

/** What a client sees of a scan that has ended well. */
export function scanResponse({ id, counters }: Job, watchDirectories: readonly string[]): ScanResponse {
  const count = (name: string): number => counters[name] ?? 0;
  return {
    job_id: id,
    scan_completed: true,
    watch_directories: [...watchDirectories],
    files_discovered: count('files_discovered'),
    total_files_found: count('files_discovered'),
    files_indexed: count('files_indexed'),
    files_failed: count('files_failed'),
    files_skipped: count('files_skipped'),
    files_removed: count('files_removed'),
    files_without_text: count('files_without_text'),
    chunks_indexed: count('chunks_indexed'),
    watch_directories_missing: count('watch_directories_missing'),
  };
}

/** What a client sees of a file that was indexed. */
export function indexResponse(job: Job, document: DocumentView): IndexResponse {
  return {
    job_id: job.id,
    document_id: document.id,
    status: document.state === 'indexed' || document.state === 'no_text_layer' ? document.state : 'pending',
    chunks_indexed: document.chunkCount,
    title: document.title,
    path: document.path,
    source_type: document.sourceType,
    processing_time_ms: (job.finishedAt?.getTime() ?? 0) - (job.startedAt?.getTime() ?? 0),
  };
}

/** What a client sees of a job that goes on. */
export function acceptedJobResponse(job: Job): AcceptedJobResponse {
  return Object.assign(jobResponse(job), { job_id: job.id });
}
