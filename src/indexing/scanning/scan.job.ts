import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JobHandler, TurnOver, type JobContext } from '../../jobs/job-handler.port.ts';
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

/** Short ones: rescans that find a few changes. */
const SCANS_AT_A_TIME = 2;
/** First scans, and those that had more to do than one turn. */
const LONG_SCANS_AT_A_TIME = 2;
const FILES_PER_TURN = 25;
/** A short scan that looks for changes for longer takes its turns among the long ones. */
const SHORT_DISCOVERY_MS = 30_000;
const PROGRESS_INTERVAL_MS = 500;

/**
 * Looks for changes in a user's watched folders of one source, then reads what is pending. Every step may be repeated.
 * Users take turns: a scan reads 25 files and goes behind those that wait. Its next turn looks for changes again, which
 * is one question per folder that has changed.
 */
@Injectable()
export class ScanJob extends JobHandler {
  readonly kind = SCAN;
  readonly concurrency = SCANS_AT_A_TIME;
  override readonly longConcurrency = LONG_SCANS_AT_A_TIME;
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
    const { removedCount, missingRootCount } = await this.#lookForChanges(context, session, plan);
    const found = {
      files_removed: (context.counters['files_removed'] ?? 0) + removedCount,
      watch_directories_missing: missingRootCount,
    };
    const isDone = await this.#readPending(context, { session, maxBytes: plan.book.maxFileBytes, found });
    if (!isDone) throw new TurnOver();
    return { ...(await this.counters.atTheEnd(owner, context.jobId)), ...found };
  }

  async #lookForChanges(
    context: JobContext,
    session: SourceSession,
    plan: ScanPlan,
  ): Promise<{ readonly removedCount: number; readonly missingRootCount: number }> {
    const turn = context.isLong ? null : AbortSignal.timeout(SHORT_DISCOVERY_MS);
    const signal = turn === null ? context.signal : AbortSignal.any([context.signal, turn]);
    const run = { ...this.#discoveryRun(context, session, plan), signal };
    try {
      const { snapshot, missingRootCount } = await this.discovery.discover(run);
      return { removedCount: await this.reconciliation.reconcile(run, snapshot), missingRootCount };
    } catch (error) {
      throw turn?.aborted === true && !context.signal.aborted ? new TurnOver() : error;
    }
  }

  /** Reads what is pending and reports on the way. @returns false when the turn was over before the end */
  async #readPending(
    context: JobContext,
    { found, ...means }: Pick<IngestionRun, 'session' | 'maxBytes'> & { readonly found: JobCounters },
  ): Promise<boolean> {
    const { jobId, signal } = context;
    const owner = userSourceOf(context);
    let lastReport = 0;
    let fileCount = 0;
    const report = async (): Promise<void> => {
      lastReport = Date.now();
      await context.report({ ...(await this.counters.soFar(owner, jobId)), ...found });
    };
    await report();
    return this.pending.readAll({ ...means, ...owner, jobId, signal }, async () => {
      fileCount += 1;
      if (Date.now() - lastReport >= PROGRESS_INTERVAL_MS) await report();
      return fileCount % FILES_PER_TURN !== 0 || !(await context.isTurnOver());
    });
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
      onProgress: (documentCount) => context.report({ ...context.counters, files_discovered: documentCount }),
    };
  }
}
