import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { PgBoss, fromKysely, type Db } from 'pg-boss';
import type { OpenDatabase } from '../persistence/open-database.ts';
import { failureForLog } from '../problem/failure-for-log.ts';
import type { TaskData } from './task-handler.port.ts';

const SCHEMA = 'pgboss';
/** Where the entries of all queues are. */
export const QUEUE_TABLE = `${SCHEMA}.job`;
const HEARTBEAT_SECONDS = 15;
const SUPERVISE_SECONDS = 10;
const POLL_SECONDS = 0.5;
const TASK_POLL_SECONDS = 2;
const EXPIRE_SECONDS = 6 * 3600;
const RETRIES_AFTER_A_CRASH = 10;
// About two days: 10 s, doubled each time up to an hour.
const TASK_RETRIES = 56;
const TASK_RETRY_SECONDS = 10;
const TASK_LONGEST_RETRY_SECONDS = 3600;
const TASK_EXPIRE_SECONDS = 900;

/** A job in the queue. */
export interface QueuedJob {
  readonly jobId: string;
  /** Of this stay in the queue: a job that comes back has another one. */
  readonly entryId: string;
}

/** Where a job goes, and when it may be run. */
export interface QueuePlace {
  readonly queue: string;
  /** Default 0. */
  readonly delaySeconds?: number;
}

/** The queue in PostgreSQL (pg-boss), on the connections of the ORM. */
@Injectable()
export class Boss {
  readonly #boss: PgBoss;
  readonly #log = new Logger('Jobs');
  #started: Promise<unknown> | undefined;

  constructor(open: OpenDatabase) {
    this.#boss = new PgBoss({
      db: executorOn(open.orm),
      schema: SCHEMA,
      backend: open.isEmbedded ? 'pglite' : 'postgres',
      schedule: false,
      superviseIntervalSeconds: SUPERVISE_SECONDS,
      monitorIntervalSeconds: SUPERVISE_SECONDS,
      monitorVacuum: false,
      reindex: false,
      registerInstance: false,
      openTelemetry: { enabled: false },
    });
    this.#boss.on('error', (error) => this.#log.warn({ ...failureForLog(error) }, 'The queue met an error'));
  }

  /** Starts once, however many ask. */
  async start(): Promise<void> {
    this.#started ??= this.#boss.start();
    await this.#started;
  }

  /** Waits at most `graceMs` for running handlers; what still runs is taken up again by the next worker. */
  async stop(graceMs: number): Promise<void> {
    await this.#boss.stop({ graceful: true, timeout: graceMs, close: false });
  }

  async createQueue(name: string): Promise<void> {
    await this.#boss.createQueue(name, {
      retryLimit: RETRIES_AFTER_A_CRASH,
      retryDelay: 0,
      expireInSeconds: EXPIRE_SECONDS,
      heartbeatSeconds: HEARTBEAT_SECONDS,
    });
  }

  async createTaskQueue(name: string): Promise<void> {
    await this.#boss.createQueue(name, {
      retryLimit: TASK_RETRIES,
      retryDelay: TASK_RETRY_SECONDS,
      retryBackoff: true,
      retryDelayMax: TASK_LONGEST_RETRY_SECONDS,
      expireInSeconds: TASK_EXPIRE_SECONDS,
    });
  }

  /** Queues a task in the transaction of `em`. */
  async sendTask(em: EntityManager, queue: string, data: TaskData): Promise<void> {
    await this.#boss.send(queue, data, { db: fromKysely(em.getKysely()) });
  }

  /**
   * Queues a task unless one was queued in this stretch of time already, by whichever process. One that fails is not
   * repeated: the next stretch brings the next one.
   */
  async sendEvery(queue: string, seconds: number): Promise<void> {
    await this.#boss.send(queue, {}, { singletonKey: 'repeated', singletonSeconds: seconds, retryLimit: 0 });
  }

  /** Queues a job in the transaction of `em`: it exists if and only if the transaction commits. */
  async send(em: EntityManager, { jobId, entryId }: QueuedJob, { queue, delaySeconds = 0 }: QueuePlace): Promise<void> {
    await this.#boss.send(queue, { jobId }, { id: entryId, startAfter: delaySeconds, db: fromKysely(em.getKysely()) });
  }

  /** Takes an entry that has not started out of the queue. */
  async cancel(em: EntityManager, queue: string, entryId: string): Promise<void> {
    await this.#boss.cancel(queue, entryId, { db: fromKysely(em.getKysely()) });
  }

  /** Runs `handler` for each job of a queue, `concurrency` at a time. @returns id for `wake` */
  work(queue: string, concurrency: number, handler: (job: QueuedJob) => Promise<void>): Promise<string> {
    const options = { pollingIntervalSeconds: POLL_SECONDS, localConcurrency: concurrency, batchSize: 1 };
    return this.#boss.work<{ jobId: string }>(queue, options, async (jobs) => {
      for (const { id, data } of jobs) await handler({ jobId: data.jobId, entryId: id });
    });
  }

  /** Runs `handler` for each task of a queue, `concurrency` at a time. @returns id for `wake` */
  workTasks(queue: string, concurrency: number, handler: (data: TaskData) => Promise<void>): Promise<string> {
    const options = { pollingIntervalSeconds: TASK_POLL_SECONDS, localConcurrency: concurrency, batchSize: 1 };
    return this.#boss.work<TaskData>(queue, options, async (jobs) => {
      for (const job of jobs) await handler(job.data);
    });
  }

  /** Looks for work now instead of at the next poll. */
  wake(workerId: string): void {
    this.#boss.notifyWorker(workerId);
  }
}

interface QueryResult {
  readonly rows?: unknown[];
}

/** The part of the driver's pool that is used here. */
interface ConnectionPool {
  query(text: string, values?: unknown[]): Promise<QueryResult | QueryResult[]>;
}

function executorOn(orm: MikroORM): Db {
  return {
    async executeSql(text, values) {
      const pool = (await orm.em.getDriver().getConnection().getNativeClient()) as ConnectionPool;
      const result = await pool.query(text, values);
      // Several statements in one text give several results; pg-boss wants all their rows.
      return { rows: [result].flat().flatMap((each) => each.rows ?? []) };
    },
  };
}
