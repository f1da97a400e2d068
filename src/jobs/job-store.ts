import { Injectable } from '@nestjs/common';
import { Database } from '../persistence/database.ts';
import { Boss } from './boss.ts';
import { Job, type JobCounters, type JobState } from './job.entity.ts';

const MIN_DELAY_SECONDS = 5;
const MAX_DELAY_SECONDS = 60;
const MAX_WAIT_SECONDS = 86_400;

/** A job, and the queue that it is in. */
export interface RunningJobName {
  readonly jobId: string;
  readonly kind: string;
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

  /** Marks a job as running. @returns null when it has ended or was cancelled before it began */
  begin(id: string): Promise<Job | null> {
    return this.database.transaction(async (em) => {
      const changed = await em.execute<{ id: string }[]>(
        `update jobs set state = 'running', started_at = coalesce(started_at, now()), updated_at = now(),
           problem_code = null, next_attempt_at = null
         where id = ? and state in ('queued', 'running') and cancel_requested_at is null returning id`,
        [id],
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

  async progress(id: string, counters: JobCounters): Promise<void> {
    await this.database.read((em) =>
      em.execute('update jobs set counters = ?::jsonb, updated_at = now() where id = ?', [
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
  wait({ jobId, kind }: RunningJobName, problemCode: string, askedSeconds: number): Promise<boolean> {
    return this.database.transaction(async (em) => {
      const [waiting] = await em.execute<{ delay: string }[]>(
        `update jobs set state = 'queued', problem_code = ?, updated_at = now(), waiting_since = coalesce(waiting_since, now()),
           next_attempt_at = now() + interval '1 second' *
             greatest(?::int, least(?::int, greatest(?::int, extract(epoch from now() - coalesce(waiting_since, now())) / 4)))
         where id = ? and state = 'running' and cancel_requested_at is null
           and coalesce(waiting_since, now()) > now() - ?::int * interval '1 second'
         returning extract(epoch from next_attempt_at - now())::int as delay`,
        [problemCode, askedSeconds, MAX_DELAY_SECONDS, MIN_DELAY_SECONDS, jobId, MAX_WAIT_SECONDS],
      );
      if (waiting === undefined) return false;
      await this.boss.sendAgain(em, kind, { jobId, delaySeconds: Number(waiting.delay) });
      return true;
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
