import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JobHandler, type JobContext } from '../../jobs/job-handler.port.ts';
import type { JobCounters } from '../../jobs/job.entity.ts';
import type { IngestionRun } from '../ingestion/document-ingestion.ts';
import type { SourceSession } from '../sources/document-source.port.ts';
import { DocumentSources } from '../sources/document-sources.ts';
import { DEFAULT_SOURCE_TYPE } from '../sources/document-upsert.ts';
import { userSourceOf } from '../sources/source-job.ts';
import { DocumentDiscovery, type DiscoveryRun } from './document-discovery.ts';
import { PendingDocuments } from './pending-documents.ts';
import { ScanCounters } from './scan-counters.ts';
import { ScanPlanner, type ScanPlan } from './scan-planner.ts';
import { ScanReconciliation } from './scan-reconciliation.ts';

/** Kind of the jobs that scan. */
export const SCAN = 'scan';

const SCANS_AT_A_TIME = 2;
const PROGRESS_INTERVAL_MS = 500;

/** Looks for changes in a user's watched folders of one source, then reads what is pending. Every step may be repeated. */
@Injectable()
export class ScanJob extends JobHandler {
  readonly kind = SCAN;
  readonly concurrency = SCANS_AT_A_TIME;
  override readonly waitsForUpstream = true;

  constructor(
    private readonly sources: DocumentSources,
    private readonly planner: ScanPlanner,
    private readonly discovery: DocumentDiscovery,
    private readonly reconciliation: ScanReconciliation,
    private readonly pending: PendingDocuments,
    private readonly counters: ScanCounters,
  ) {
    super();
  }

  async run(context: JobContext): Promise<JobCounters> {
    const owner = userSourceOf(context);
    const session = await this.sources.of(owner.source).openSession(owner.userId);
    const plan = await this.planner.plan(owner);
    const run = this.#discoveryRun(context, session, plan);
    const { snapshot, missingRootCount } = await this.discovery.discover(run);
    const removedCount = await this.reconciliation.reconcile(run, snapshot);
    const counters = await this.#readPending(context, { session, maxBytes: plan.book.maxFileBytes });
    return { ...counters, files_removed: removedCount, watch_directories_missing: missingRootCount };
  }

  /** Reads what is pending and reports on the way. @returns the final counters */
  async #readPending(context: JobContext, means: Pick<IngestionRun, 'session' | 'maxBytes'>): Promise<JobCounters> {
    const { jobId, signal } = context;
    const owner = userSourceOf(context);
    let lastReport = 0;
    await this.pending.readAll({ ...means, ...owner, jobId, signal }, async () => {
      if (Date.now() - lastReport < PROGRESS_INTERVAL_MS) return;
      lastReport = Date.now();
      await context.report(await this.counters.soFar(owner, jobId));
    });
    return this.counters.atTheEnd(owner, jobId);
  }

  #discoveryRun(context: JobContext, session: SourceSession, plan: ScanPlan): DiscoveryRun {
    const { signal, parameters } = context;
    const label = parameters['source_type'];
    const sourceType = typeof label === 'string' ? label : DEFAULT_SOURCE_TYPE;
    return {
      session,
      plan,
      sighting: { ...userSourceOf(context), runId: randomUUID(), sourceType },
      signal,
      onProgress: (documentCount) => context.report({ files_discovered: documentCount }),
    };
  }
}
