import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { HttpConfig } from '../../config/http.config.ts';
import { IndexingConfig } from '../../config/indexing.config.ts';
import { JobsService } from '../../jobs/jobs.service.ts';
import { Database } from '../../persistence/database.ts';
import { failureForLog } from '../../problem/failure-for-log.ts';
import type { UserSource } from '../sources/document-source.types.ts';
import { DocumentSources } from '../sources/document-sources.ts';
import { SCAN } from './scan.job.ts';
import { submitScan } from './submit-scan.ts';

const POLL_MS = 1000;
const HINTS_AT_A_TIME = 50;

// A scan that runs now may have passed the place already: its hint waits for the end.
const TAKE = `
  update scan_states set hinted_at = null, hint_taken_at = now()
  where (user_id, source) in (
    select s.user_id, s.source from scan_states s
    where s.hinted_at is not null
      and (s.hint_taken_at is null or s.hint_taken_at <= now() - make_interval(secs => ?))
      and not exists (
        select 1 from jobs j where j.user_id = s.user_id and j.exclusivity_key = s.source and j.kind = ? and j.state = 'running')
    order by s.hinted_at limit ? for update skip locked)
  returning user_id as "userId", source`;

/** Turns hints into scans, in processes that run jobs: one scan per user, source and stretch of time, however many hints. */
@Injectable()
export class ChangeHints implements OnModuleDestroy {
  readonly #hintSeconds: number;
  readonly #runsJobs: boolean;
  readonly #log = new Logger('Indexing');
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(
    private readonly database: Database,
    private readonly jobs: JobsService,
    private readonly sources: DocumentSources,
    config: IndexingConfig,
    process: HttpConfig,
  ) {
    this.#hintSeconds = config.hintSeconds;
    this.#runsJobs = process.runsJobs;
  }

  /** Call it once the schema is ready. */
  start(): void {
    if (this.#runsJobs) this.#plan();
  }

  onModuleDestroy(): void {
    this.#isStopping = true;
    clearTimeout(this.#timer);
  }

  /** Asks for the scans that are due. @returns how many */
  async submitDue(): Promise<number> {
    if (!(await this.#isAnyWaiting())) return 0;
    const readable = await this.sources.usersByKind();
    const count = await this.database.transaction(async (em) => {
      const taken = await em.execute<UserSource[]>(TAKE, [this.#hintSeconds, SCAN, HINTS_AT_A_TIME]);
      const due = taken.filter(({ userId, source }) => readable.get(source)?.has(userId));
      for (const owner of due) await submitScan(em, this.jobs, owner);
      return due.length;
    });
    if (count > 0) this.jobs.wake(SCAN);
    return count;
  }

  async #isAnyWaiting(): Promise<boolean> {
    const rows = await this.database.read((em) =>
      em.execute<unknown[]>('select 1 from scan_states where hinted_at is not null limit 1'),
    );
    return rows.length > 0;
  }

  #plan(): void {
    this.#timer = setTimeout(() => void this.#round(), POLL_MS).unref();
  }

  async #round(): Promise<void> {
    try {
      await this.submitDue();
    } catch (error) {
      this.#log.warn({ ...failureForLog(error) }, 'Hints cannot be followed now; the next round tries again');
    }
    if (!this.#isStopping) this.#plan();
  }
}
