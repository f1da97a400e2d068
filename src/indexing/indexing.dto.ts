import { IsBoolean, IsInt, IsNotEmpty, IsString, Matches, Max, MaxLength, Min, MinLength } from 'class-validator';
import { JobResponse, jobResponse } from '../jobs/job.dto.ts';
import type { Job } from '../jobs/job.entity.ts';
import type { DocumentView } from './documents/document-view.ts';
import type { IndexRequest, ScanRequest } from './indexing.service.ts';
import { NEXTCLOUD_FILES } from './sources/document-source.types.ts';
import { SOURCE_TYPE } from './sources/document-type.ts';
import { Flag, MayBeAbsent, WholeNumber } from '../validation/members.ts';

const DEFAULT_WAIT_SECONDS = 25;

// eslint-disable-next-line no-control-regex -- control characters are what is refused
const PLAIN_TEXT = /^[^\u0000-\u001f\u007f\p{Surrogate}]*$/u;

/** How long to wait. */
export class WaitQuery {
  /**
   * Seconds to wait for the end, 0 to 60; then the answer is 202 with the job. Default 25.
   * @example 25
   */
  @MayBeAbsent()
  @WholeNumber()
  @IsInt()
  @Min(0)
  @Max(60)
  wait?: number;
}

/** How to scan. */
export class ScanQuery extends WaitQuery {
  /**
   * Label of documents that are new; known ones keep theirs. Lower-case letters, digits, _ and -, at most 32.
   * Default note.
   * @example "guideline"
   */
  @MayBeAbsent()
  @MaxLength(32)
  @Matches(SOURCE_TYPE)
  source_type?: string;

  /**
   * Read every document again, even unchanged ones. Default false.
   * @example false
   */
  @MayBeAbsent()
  @Flag()
  @IsBoolean()
  force_reindex?: boolean;
}

/** One file to be indexed. */
export class IndexFileRequest {
  /**
   * Path in the linked account.
   * @example "/Documents/hypertension_guideline.pdf"
   */
  @IsString()
  @MinLength(1)
  @MaxLength(4000)
  file_path!: string;

  /**
   * Label of the document. Default note, or the one it has.
   * @example "guideline"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(32)
  @Matches(SOURCE_TYPE)
  source_type?: string;

  /**
   * Title in citations, without control characters. Default: the name of the file, or the title it has.
   * @example "2024 Hypertension Management Guidelines"
   */
  @MayBeAbsent()
  @IsString()
  @IsNotEmpty()
  @MaxLength(255)
  @Matches(PLAIN_TEXT, { message: 'title must not hold control characters' })
  title?: string;
}

/** What a scan has done. */
export class ScanResponse {
  /** @example "0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f" */
  job_id!: string;

  /** Always true: a scan that has not ended is answered with 202. */
  scan_completed!: boolean;

  /** The watched folders. */
  watch_directories!: string[];

  /**
   * Documents there are: indexed, failed and skipped together.
   * @example 10
   */
  files_discovered!: number;

  /**
   * The same number under its older name.
   * @example 10
   */
  total_files_found!: number;

  /**
   * Documents whose text this scan has indexed.
   * @example 8
   */
  files_indexed!: number;

  /**
   * Documents that could not be read; GET /api/documents?state=failed tells why.
   * @example 0
   */
  files_failed!: number;

  /**
   * Documents that needed no work, and those whose pages hold only pictures.
   * @example 2
   */
  files_skipped!: number;

  /**
   * Documents that are gone since the last scan.
   * @example 0
   */
  files_removed!: number;

  /**
   * Documents whose pages hold only pictures.
   * @example 0
   */
  files_without_text!: number;

  /** @example 120 */
  chunks_indexed!: number;

  /**
   * Watched folders that the account lacks.
   * @example 0
   */
  watch_directories_missing!: number;
}

/** A file that is indexed now. */
export class IndexResponse {
  /** @example "0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f" */
  job_id!: string;

  /** @example "0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e5a" */
  document_id!: string;

  /** no_text_layer: the file is sound, but its pages hold only pictures. */
  status!: 'indexed' | 'no_text_layer' | 'pending';

  /**
   * Passages of the document in the index.
   * @example 42
   */
  chunks_indexed!: number;

  /** @example "2024 Hypertension Management Guidelines" */
  title!: string;

  /** @example "/Documents/hypertension_guideline.pdf" */
  path!: string;

  /** @example "guideline" */
  source_type!: string;

  /**
   * Time that the work took, in milliseconds.
   * @example 640
   */
  processing_time_ms!: number;
}

/** Work that goes on; follow it at the address in Location. */
export class AcceptedJobResponse extends JobResponse {
  /**
   * The same as id.
   * @example "0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f"
   */
  job_id!: string;
}

/** The wishes in a request to scan. */
export function scanRequest({ source_type: sourceType, force_reindex: isForced, wait }: ScanQuery): ScanRequest {
  return {
    source: NEXTCLOUD_FILES,
    ...(sourceType !== undefined && { sourceType }),
    isForced: isForced ?? false,
    waitSeconds: wait ?? DEFAULT_WAIT_SECONDS,
  };
}

/** The wishes in a request to index one file. */
export function indexRequest(request: IndexFileRequest, { wait }: WaitQuery): IndexRequest {
  const { file_path: path, source_type: sourceType, title } = request;
  return {
    source: NEXTCLOUD_FILES,
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
