import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { HttpConfig } from '../../config/http.config.ts';
import { IndexingConfig } from '../../config/indexing.config.ts';
import { JobsService } from '../../jobs/jobs.service.ts';
import { Database } from '../../persistence/database.ts';
import { failureForLog } from '../../problem/failure-for-log.ts';
import type { UserSource } from '../sources/document-source.types.ts';
import { DocumentSources } from '../sources/document-sources.ts';
import { RECONCILE_IS_DUE } from './scan-planner.ts';
import { SCAN } from './scan.job.ts';
import { submitScan } from './submit-scan.ts';

const MS_PER_MINUTE = 60_000;
/** How often a process looks for what is due, and how long a reconciling scan that failed rests. */
const LOOK_MS = MS_PER_MINUTE;
const RECONCILE_REST_MS = 60 * MS_PER_MINUTE;
/** Looks and due times come a tenth earlier or later, so that neither processes nor users come all at once. */
const JITTER = 0.1;
/** Of one look; the others are due in the next one still. */
const MAX_DUE = 1000;

const TAKE_DUE = `
  insert into scan_states as s (user_id, source, due_at)
  select u.id, ?, now() + ? * interval '1 millisecond' * (1 + ? * (2 * random() - 1))
  from users u left join scan_states known on known.user_id = u.id and known.source = ?
  where u.id = any(string_to_array(?, ',')::uuid[]) and (known.due_at is null or known.due_at <= now())
  order by known.due_at nulls first limit ?
  on conflict (user_id, source) do update set due_at = excluded.due_at where s.due_at is null or s.due_at <= now()
  returning user_id as "userId"`;

/**
 * Asks for a scan of every user in every source once per interval, and for those that are due to trust nothing, in
 * processes that run jobs. When each is due stands in `scan_states`: restarts delay nothing.
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

  /** Begins to look for what is due, a minute from now. Call it once the schema is ready. */
  start(): void {
    if (this.#intervalMs > 0) this.#plan(() => this.submitDue());
    if (this.#reconcileHours > 0) this.#plan(() => this.submitReconciles());
  }

  onModuleDestroy(): void {
    this.#isStopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /**
   * One look. Each user who is due is due again an interval later; a scan is left out when one that was asked for
   * otherwise is younger than half an interval.
   */
  async submitDue(): Promise<void> {
    for (const [source, userIds] of await this.sources.usersByKind()) {
      for (const { userId } of await this.#takeDue(source, userIds)) {
        if (!(await this.#isYounger({ userId, source }, this.#intervalMs / 2))) await this.#submit({ userId, source });
      }
    }
    this.jobs.wake(SCAN);
  }

  #takeDue(source: string, userIds: ReadonlySet<string>): Promise<{ userId: string }[]> {
    const values = [source, this.#intervalMs, JITTER, source, [...userIds].join(','), MAX_DUE];
    return this.database.read((em) => em.execute<{ userId: string }[]>(TAKE_DUE, values));
  }

  async #isYounger({ userId, source }: UserSource, ageMs: number): Promise<boolean> {
    const last = await this.jobs.findLastRequest(userId, SCAN, source);
    return last !== null && Date.now() - last.getTime() < ageMs;
  }

  /**
   * Asks for the scans that are due to trust nothing, also where regular rounds are off or rare. Users who were never
   * scanned are left to their first scan; one that fails is asked for again after an hour.
   */
  async submitReconciles(): Promise<void> {
    const readable = await this.sources.usersByKind();
    const rows = await this.database.read((em) =>
      em.execute<UserSource[]>(
        `select s.user_id as "userId", s.source from scan_states s where s.reconciled_at is not null and ${RECONCILE_IS_DUE}
         order by s.reconciled_at limit ?`,
        [this.#reconcileHours, this.#reconcileHours, MAX_DUE],
      ),
    );
    for (const owner of rows) {
      const isReadable = readable.get(owner.source)?.has(owner.userId) === true;
      if (isReadable && !(await this.#isYounger(owner, RECONCILE_REST_MS))) await this.#submit(owner);
    }
    if (rows.length > 0) this.jobs.wake(SCAN);
  }

  async #submit(owner: UserSource): Promise<void> {
    await this.database.transaction((em) => submitScan(em, this.jobs, owner));
  }

  #plan(round: () => Promise<void>): void {
    const delayMs = LOOK_MS * (1 - JITTER + 2 * JITTER * Math.random());
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#run(round);
    }, delayMs).unref();
    this.#timers.add(timer);
  }

  async #run(round: () => Promise<void>): Promise<void> {
    try {
      await round();
    } catch (error) {
      this.#log.warn({ ...failureForLog(error) }, 'Scans could not be scheduled; the next round tries again');
    }
    if (!this.#isStopping) this.#plan(round);
  }
}
