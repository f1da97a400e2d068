import { Injectable } from '@nestjs/common';
import type { JobContext } from '../../jobs/job-handler.port.ts';
import type { JobCounters } from '../../jobs/job.entity.ts';
import type { IngestionRun } from '../ingestion/document-ingestion.ts';
import { PendingDocuments } from './pending-documents.ts';
import { ScanCounters } from './scan-counters.ts';

const PROGRESS_INTERVAL_MS = 500;

/** The second half of a scan, and its counters. */
@Injectable()
export class PendingReader {
  constructor(
    private readonly pending: PendingDocuments,
    private readonly counters: ScanCounters,
  ) {}

  /** Reads what is pending and reports on the way. @returns the final counters */
  async readPending(context: JobContext, means: Pick<IngestionRun, 'session' | 'maxBytes'>): Promise<JobCounters> {
    const { userId, jobId, signal } = context;
    let lastReport = 0;
    await this.pending.readAll({ ...means, userId, jobId, signal }, async () => {
      if (Date.now() - lastReport < PROGRESS_INTERVAL_MS) return;
      lastReport = Date.now();
      await context.report(await this.counters.soFar(userId, jobId));
    });
    return this.counters.atTheEnd(userId, jobId);
  }
}
