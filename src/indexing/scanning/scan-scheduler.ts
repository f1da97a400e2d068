import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { HttpConfig } from '../../config/http.config.ts';
import { IndexingConfig } from '../../config/indexing.config.ts';
import { JobsService } from '../../jobs/jobs.service.ts';
import { Database } from '../../persistence/database.ts';
import { failureForLog } from '../../problem/failure-for-log.ts';
import { DocumentSource } from '../sources/document-source.port.ts';
import { SCAN } from './scan.job.ts';

const MS_PER_MINUTE = 60_000;
/** Rounds come a tenth earlier or later, so that processes that started together do not ask together. */
const JITTER = 0.1;

/** Asks for a scan of every linked account in regular rounds, in processes that run jobs. */
@Injectable()
export class ScanScheduler implements OnModuleDestroy {
  readonly #database: Database;
  readonly #jobs: JobsService;
  readonly #source: DocumentSource;
  readonly #intervalMs: number;
  readonly #log = new Logger('Indexing');
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(
    database: Database,
    jobs: JobsService,
    source: DocumentSource,
    config: IndexingConfig,
    process: HttpConfig,
  ) {
    this.#database = database;
    this.#jobs = jobs;
    this.#source = source;
    this.#intervalMs = process.runsJobs ? config.scanIntervalMinutes * MS_PER_MINUTE : 0;
  }

  /** Begins the rounds; the first one comes after one interval. */
  start(): void {
    if (this.#intervalMs > 0) this.#plan();
  }

  onModuleDestroy(): void {
    this.#isStopping = true;
    clearTimeout(this.#timer);
  }

  /** One round. Users whose last scan, by whichever process, is younger than half an interval are left out. */
  async submitDue(now: number = Date.now()): Promise<void> {
    for (const userId of await this.#source.usersWithSource()) {
      const last = await this.#jobs.findLastRequest(userId, SCAN);
      if (last !== null && now - last.getTime() < this.#intervalMs / 2) continue;
      await this.#database.transaction((em) => this.#jobs.submit(em, { userId, kind: SCAN, parameters: {} }));
    }
    this.#jobs.wake(SCAN);
  }

  #plan(): void {
    const delayMs = this.#intervalMs * (1 - JITTER + 2 * JITTER * Math.random());
    this.#timer = setTimeout(() => void this.#round(), delayMs).unref();
  }

  async #round(): Promise<void> {
    try {
      await this.submitDue();
    } catch (error) {
      this.#log.warn({ ...failureForLog(error) }, 'Scans could not be scheduled; the next round tries again');
    }
    if (!this.#isStopping) this.#plan();
  }
}
