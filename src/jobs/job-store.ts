import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Database } from '../persistence/database.ts';
import { Boss, QUEUE_TABLE, type QueuedJob } from './boss.ts';
import { Job, type JobCounters, type JobState } from './job.entity.ts';

const MIN_DELAY_SECONDS = 5;
const MAX_DELAY_SECONDS = 60;
const MAX_WAIT_SECONDS = 86_400;
const MIN_LOST_SECONDS = 30;
const MAX_LOST = 100;

/** A running job. */
export interface RunningJobName {
  readonly jobId: string;
  readonly kind: string;
}

interface QueueRow extends QueuedJob {
  readonly kind: string;
  readonly isLong: boolean;
}

const QUEUE_ROW = 'id as "jobId", entry_id as "entryId", kind, is_long as "isLong"';

/** Where the long jobs of a kind wait. */
export function longQueueOf(kind: string): string {
  return `${kind}-long`;
}

/** Where a job waits. */
export function queueOf({ kind, isLong }: { readonly kind: string; readonly isLong: boolean }): string {
  return isLong ? longQueueOf(kind) : kind;
}

/** How a job ended. */
export interface JobEnd {
  readonly state: Extract<JobState, 'succeeded' | 'failed' | 'cancelled'>;
  readonly counters?: JobCounters;
  readonly problemCode?: string;
}

/** The rows of jobs as the runner sees them: by id, whoever owns them. Times are those of the database. */
@Injectable()
export class JobStore {
  constructor(
    private readonly database: Database,
    private readonly boss: Boss,
  ) {}

  /** Marks a job as running. @returns null when it has ended, was cancelled before it began, or has another entry by now */
  begin({ jobId: id, entryId }: QueuedJob): Promise<Job | null> {
    return this.database.transaction(async (em) => {
      const changed = await em.execute<{ id: string }[]>(
        `update jobs set state = 'running', started_at = coalesce(started_at, now()), updated_at = now(),
           problem_code = null, next_attempt_at = null
         where id = ? and state in ('queued', 'running') and cancel_requested_at is null
           and (entry_id is null or entry_id = ?) returning id`,
        [id, entryId],
      );
      if (changed.length === 0) {
        await em.execute(
          `update jobs set state = 'cancelled', finished_at = now(), updated_at = now()
           where id = ? and state in ('queued', 'running') and cancel_requested_at is not null`,
          [id],
        );
        return null;
      }
      return em.findOneOrFail(Job, { id });
    });
  }

  /** Stores what a running job has done so far: whatever held it up is over. */
  async progress(id: string, counters: JobCounters): Promise<void> {
    await this.database.read((em) =>
      em.execute('update jobs set counters = ?::jsonb, waiting_since = null, updated_at = now() where id = ?', [
        JSON.stringify(counters),
        id,
      ]),
    );
  }

  async finish(id: string, end: JobEnd): Promise<void> {
    await this.database.read((em) =>
      em.execute(
        `update jobs set state = ?, counters = coalesce(?::jsonb, counters), problem_code = coalesce(?, problem_code), finished_at = now(),
         updated_at = now() where id = ? and state in ('queued', 'running')`,
        [end.state, end.counters ? JSON.stringify(end.counters) : null, end.problemCode ?? null, id],
      ),
    );
  }

  /** Back to the queue, with what it has counted. */
  async requeue(id: string): Promise<void> {
    await this.database.read((em) =>
      em.execute(`update jobs set state = 'queued', updated_at = now() where id = ? and state = 'running'`, [id]),
    );
  }

  /**
   * Lets a running job wait for another server, for a day at most. The longer it waits the longer it takes to the next
   * attempt: 5 s to a minute, or as long as the server asks for.
   *
   * @param askedSeconds how long the server wants to be left alone
   * @returns false when it has waited for a day, was cancelled, or is not running
   */
  wait({ jobId }: RunningJobName, problemCode: string, askedSeconds: number): Promise<boolean> {
    return this.database.transaction(async (em) => {
      const [waiting] = await em.execute<(QueueRow & { delay: string })[]>(
        `update jobs set state = 'queued', entry_id = gen_random_uuid(), problem_code = ?, updated_at = now(), waiting_since = coalesce(waiting_since, now()),
           next_attempt_at = now() + interval '1 second' *
             greatest(?::int, least(?::int, greatest(?::int, extract(epoch from now() - coalesce(waiting_since, now())) / 4)))
         where id = ? and state = 'running' and cancel_requested_at is null
           and coalesce(waiting_since, now()) > now() - ?::int * interval '1 second'
         returning ${QUEUE_ROW}, extract(epoch from next_attempt_at - now())::int as delay`,
        [problemCode, askedSeconds, MAX_DELAY_SECONDS, MIN_DELAY_SECONDS, jobId, MAX_WAIT_SECONDS],
      );
      if (waiting === undefined) return false;
      await this.boss.send(em, waiting, { queue: queueOf(waiting), delaySeconds: Number(waiting.delay) });
      return true;
    });
  }

  /** Puts a running job behind the long ones of its kind that wait. */
  async endTurn({ jobId }: RunningJobName): Promise<void> {
    await this.database.transaction(async (em) => {
      const [row] = await em.execute<QueueRow[]>(
        `update jobs set state = 'queued', is_long = true, entry_id = gen_random_uuid(), updated_at = now()
         where id = ? and state = 'running' returning ${QUEUE_ROW}`,
        [jobId],
      );
      if (row !== undefined) await this.boss.send(em, row, { queue: queueOf(row) });
    });
  }

  async isLongOneWaiting({ kind }: RunningJobName): Promise<boolean> {
    const rows = await this.database.read((em) =>
      em.execute<unknown[]>(
        `select 1 from jobs where kind = ? and is_long and state = 'queued'
           and (next_attempt_at is null or next_attempt_at <= now()) limit 1`,
        [kind],
      ),
    );
    return rows.length > 0;
  }

  /**
   * Lets a job that waits for another server be tried now, for who asks for it again; not while that server wants to be
   * left alone.
   */
  async bringForward(em: EntityManager, jobId: string): Promise<void> {
    const [row] = await em.execute<QueueRow[]>(
      `update jobs set entry_id = gen_random_uuid(), next_attempt_at = now()
       where id = ? and state = 'queued' and next_attempt_at > now() and updated_at < now() - ?::int * interval '1 second'
         and problem_code not in ('upstream-busy', 'upstream-throttled') returning ${QUEUE_ROW}`,
      [jobId, MIN_DELAY_SECONDS],
    );
    if (row !== undefined) await this.boss.send(em, row, { queue: queueOf(row) });
  }

  /**
   * Queues open jobs again that have no entry in the queue any more: the queue gave the entry up, or could not store it. A
   * job that its user has cancelled ends when its new entry is taken.
   *
   * @returns the kinds of these jobs
   */
  requeueLost(): Promise<string[]> {
    return this.database.transaction(async (em) => {
      const rows = await em.execute<QueueRow[]>(
        `update jobs set state = 'queued', entry_id = gen_random_uuid(), updated_at = now()
         where id in (
           select j.id from jobs j
           where j.state in ('queued', 'running') and j.updated_at < now() - ?::int * interval '1 second' and not exists (
             select 1 from ${QUEUE_TABLE} e
             where e.id = coalesce(j.entry_id, j.id) and e.name = j.kind || case when j.is_long then '-long' else '' end
               and e.state in ('created', 'retry', 'active'))
           order by j.id limit ? for update skip locked)
         returning ${QUEUE_ROW}`,
        [MIN_LOST_SECONDS, MAX_LOST],
      );
      for (const row of rows) await this.boss.send(em, row, { queue: queueOf(row) });
      return rows.map(({ kind }) => kind);
    });
  }

  /** Those of the given jobs that their users have cancelled. */
  async cancelRequested(ids: readonly string[]): Promise<string[]> {
    const rows = await this.database.read((em) =>
      em.find(Job, { id: { $in: [...ids] }, cancelRequestedAt: { $ne: null } }, { fields: ['id'] }),
    );
    return rows.map((row) => row.id);
  }
}
