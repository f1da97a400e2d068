import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { HttpConfig } from '../../config/http.config.ts';
import { IndexingConfig } from '../../config/indexing.config.ts';
import { JobsService } from '../../jobs/jobs.service.ts';
import { Database } from '../../persistence/database.ts';
import { failureForLog } from '../../problem/failure-for-log.ts';
import { DocumentSource } from '../sources/document-source.port.ts';
import { RECONCILE_IS_DUE } from './scan-planner.ts';
import { SCAN } from './scan.job.ts';

const MS_PER_MINUTE = 60_000;
const RECONCILE_ROUND_MS = 60 * MS_PER_MINUTE;
/** Rounds come a tenth earlier or later, so that processes that started together do not ask together. */
const JITTER = 0.1;
/** Of one round; the others are due in the next one still. */
const MAX_RECONCILES = 1000;

/**
 * Asks for a scan of every linked account in regular rounds, and for those that are due to trust nothing, in processes
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
    private readonly source: DocumentSource,
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
    for (const userId of await this.source.usersWithSource()) {
      const last = await this.jobs.findLastRequest(userId, SCAN);
      if (last !== null && now - last.getTime() < this.#intervalMs / 2) continue;
      await this.database.transaction((em) => this.jobs.submit(em, { userId, kind: SCAN, parameters: {} }));
    }
    this.jobs.wake(SCAN);
  }

  /**
   * Asks for the scans that are due to trust nothing, also where regular rounds are off or rare. Users who were never
   * scanned are left to their first scan; one that fails comes again with the next round.
   */
  async submitReconciles(): Promise<void> {
    const readable = new Set(await this.source.usersWithSource());
    const rows = await this.database.read((em) =>
      em.execute<{ userId: string }[]>(
        `select s.user_id as "userId" from scan_states s where s.reconciled_at is not null and ${RECONCILE_IS_DUE}
         order by s.reconciled_at limit ?`,
        [this.#reconcileHours, this.#reconcileHours, MAX_RECONCILES],
      ),
    );
    for (const { userId } of rows.filter((row) => readable.has(row.userId))) {
      await this.database.transaction((em) => this.jobs.submit(em, { userId, kind: SCAN, parameters: {} }));
    }
    if (rows.length > 0) this.jobs.wake(SCAN);
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
