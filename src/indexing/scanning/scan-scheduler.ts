import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { HttpConfig } from '../../config/http.config.ts';
import { IndexingConfig } from '../../config/indexing.config.ts';
import { JobsService } from '../../jobs/jobs.service.ts';
import { Database } from '../../persistence/database.ts';
import { failureForLog } from '../../problem/failure-for-log.ts';
import type { UserSource } from '../sources/document-source.types.ts';
import { DocumentSources } from '../sources/document-sources.ts';
import { sourceJob } from '../sources/source-job.ts';
import { RECONCILE_IS_DUE } from './scan-planner.ts';
import { SCAN } from './scan.job.ts';

const MS_PER_MINUTE = 60_000;
const RECONCILE_ROUND_MS = 60 * MS_PER_MINUTE;
/** Rounds come a tenth earlier or later, so that processes that started together do not ask together. */
const JITTER = 0.1;
/** Of one round; the others are due in the next one still. */
const MAX_RECONCILES = 1000;

/**
 * Asks for a scan of every user in every source in regular rounds, and for those that are due to trust nothing, in processes
 * that run jobs.
 */
@Injectable()
export class ScanScheduler implements OnModuleDestroy {
  readonly #intervalMs: number;
  readonly #reconcileHours: number;
  readonly #log = new Logger('Indexing');
  readonly #timers = new Set<NodeJS.Timeout>();
  #isStopping = false;

  constructor(
    private readonly database: Database,
    private readonly jobs: JobsService,
    private readonly sources: DocumentSources,
    config: IndexingConfig,
    process: HttpConfig,
  ) {
    this.#intervalMs = process.runsJobs ? config.scanIntervalMinutes * MS_PER_MINUTE : 0;
    this.#reconcileHours = process.runsJobs ? config.reconcileHours : 0;
  }

  /** Begins the rounds, the first one after one interval. Call it once the schema is ready. */
  start(): void {
    if (this.#intervalMs > 0) this.#plan(this.#intervalMs, () => this.submitDue());
    if (this.#reconcileHours > 0) this.#plan(RECONCILE_ROUND_MS, () => this.submitReconciles());
  }

  onModuleDestroy(): void {
    this.#isStopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** One round. Users are left out when their last scan, by whichever process, is younger than half an interval. */
  async submitDue(now: number = Date.now()): Promise<void> {
    for (const [source, userIds] of await this.sources.usersByKind()) {
      for (const userId of userIds) {
        const last = await this.jobs.findLastRequest(userId, SCAN, source);
        if (last !== null && now - last.getTime() < this.#intervalMs / 2) continue;
        await this.#submit({ userId, source });
      }
    }
    this.jobs.wake(SCAN);
  }

  /**
   * Asks for the scans that are due to trust nothing, also where regular rounds are off or rare. Users who were never
   * scanned are left to their first scan; one that fails comes again with the next round.
   */
  async submitReconciles(): Promise<void> {
    const readable = await this.sources.usersByKind();
    const rows = await this.database.read((em) =>
      em.execute<UserSource[]>(
        `select s.user_id as "userId", s.source from scan_states s where s.reconciled_at is not null and ${RECONCILE_IS_DUE}
         order by s.reconciled_at limit ?`,
        [this.#reconcileHours, this.#reconcileHours, MAX_RECONCILES],
      ),
    );
    for (const owner of rows) if (readable.get(owner.source)?.has(owner.userId)) await this.#submit(owner);
    if (rows.length > 0) this.jobs.wake(SCAN);
  }

  async #submit(owner: UserSource): Promise<void> {
    await this.database.transaction((em) => this.jobs.submit(em, sourceJob(SCAN, owner)));
  }

  #plan(intervalMs: number, round: () => Promise<void>): void {
    const delayMs = intervalMs * (1 - JITTER + 2 * JITTER * Math.random());
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#run(intervalMs, round);
    }, delayMs).unref();
    this.#timers.add(timer);
  }

  async #run(intervalMs: number, round: () => Promise<void>): Promise<void> {
    try {
      await round();
    } catch (error) {
      this.#log.warn({ ...failureForLog(error) }, 'Scans could not be scheduled; the next round tries again');
    }
    if (!this.#isStopping) this.#plan(intervalMs, round);
  }
}
