import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../access/principal.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import type { Job } from '../jobs/job.entity.ts';
import { JobsService } from '../jobs/jobs.service.ts';
import { Database } from '../persistence/database.ts';
import { DomainError } from '../problem/domain-error.ts';
import { PROBLEMS, type ProblemCode } from '../problem/problem-codes.ts';
import type { DocumentView } from './documents/document-view.ts';
import { DocumentsService } from './documents/documents.service.ts';
import { INDEX_FILE } from './ingestion/index-file.job.ts';
import { IndexRulesService } from './rules/index-rules.service.ts';
import { SCAN } from './scanning/scan.job.ts';
import { submitScan } from './scanning/submit-scan.ts';
import { findPathFault, normalPath } from './sources/source-path.ts';

/** A scan that somebody asks for. */
export interface ScanRequest {
  /** Kind of the source. */
  readonly source: string;
  /** Label of documents that are new. Absent: `note`. */
  readonly sourceType?: string;
  /** Read every document again, even unchanged ones. */
  readonly isForced: boolean;
  /** How long the answer may wait for the end, in seconds. */
  readonly waitSeconds: number;
}

/** One file that somebody asks for. */
export interface IndexRequest {
  /** Kind of the source. */
  readonly source: string;
  readonly path: string;
  readonly sourceType?: string;
  readonly title?: string;
  readonly waitSeconds: number;
}

/** A job, and whether it has ended well. */
export interface JobOutcome {
  readonly job: Job;
  readonly isDone: boolean;
}

/** Asks for documents to be indexed; the work itself is done by jobs. */
@Injectable()
export class IndexingService {
  constructor(
    private readonly database: Database,
    private readonly jobs: JobsService,
    private readonly audit: AuditTrail,
    private readonly documents: DocumentsService,
    private readonly rules: IndexRulesService,
  ) {}

  /**
   * Begins a scan, or joins the one that is open, and waits for its end.
   *
   * @returns with the folders that the user's rules watch
   * @throws DomainError the code that ended the scan
   */
  async scan(
    principal: Principal,
    { source, sourceType, isForced, waitSeconds }: ScanRequest,
  ): Promise<JobOutcome & { readonly watchDirectories: readonly string[] }> {
    const { userId } = principal;
    const job = await this.database.transaction(async (em) => {
      if (isForced) {
        await em.execute(
          `update documents set state = 'pending', must_reindex = true, attempts = 0, retry_at = null
           where user_id = ? and source = ? and state <> 'removed'`,
          [userId, source],
        );
      }
      const parameters = sourceType === undefined ? {} : { source_type: sourceType };
      const submitted = await submitScan(em, this.jobs, { userId, source, parameters });
      await this.audit.append(em, {
        actorId: userId,
        action: 'scan.request',
        outcome: 'success',
        targetType: 'job',
        targetId: submitted.id,
        details: { forced: isForced },
      });
      return submitted;
    });
    this.jobs.wake(SCAN);
    const outcome = await this.#outcome(principal, job.id, waitSeconds);
    return { ...outcome, watchDirectories: (await this.rules.get({ userId, source })).effective.watchDirectories };
  }

  /**
   * Indexes one file and waits for the end.
   *
   * @returns with the document once the job has ended
   * @throws DomainError the code that ended the job; `validation-failed`
   */
  async indexFile(
    principal: Principal,
    { source, path, sourceType, title, waitSeconds }: IndexRequest,
  ): Promise<JobOutcome & { readonly document: DocumentView | null }> {
    const { userId } = principal;
    const filePath = normalPath(path);
    const fault = findPathFault(filePath);
    if (fault !== null) {
      throw new DomainError('validation-failed', { errors: [{ pointer: '/file_path', detail: fault }] });
    }
    const parameters = { source, file_path: filePath, source_type: sourceType ?? null, title: title ?? null };
    const request = {
      userId,
      kind: INDEX_FILE,
      parameters,
      exclusivityKey: createHash('sha256').update(JSON.stringify(parameters)).digest('hex'),
    };
    const job = await this.database.transaction((em) => this.jobs.submit(em, request));
    this.jobs.wake(INDEX_FILE);
    const outcome = await this.#outcome(principal, job.id, waitSeconds);
    return {
      ...outcome,
      document: outcome.isDone ? await this.documents.getByPath({ userId, source }, filePath) : null,
    };
  }

  async #outcome(principal: Principal, jobId: string, waitSeconds: number): Promise<JobOutcome> {
    const job = await this.jobs.waitFor(principal, jobId, waitSeconds);
    if (job.state === 'cancelled') throw new DomainError('job-cancelled');
    if (job.state === 'failed') throw new DomainError(knownCode(job.problemCode ?? ''));
    return { job, isDone: job.state === 'succeeded' };
  }
}

/** Codes are stored as text, and a row may be older than this version. */
function knownCode(code: string): ProblemCode {
  return Object.hasOwn(PROBLEMS, code) ? (code as ProblemCode) : 'internal-error';
}
