import { Injectable } from '@nestjs/common';
import { Database } from '../persistence/database.ts';
import { Job, type JobCounters, type JobState } from './job.entity.ts';

/** How a job ended. */
export interface JobEnd {
  readonly state: Extract<JobState, 'succeeded' | 'failed' | 'cancelled'>;
  readonly counters?: JobCounters;
  readonly problemCode?: string;
}

/** The rows of jobs as the runner sees them: by id, whoever owns them. Times are those of the database. */
@Injectable()
export class JobStore {
  constructor(private readonly database: Database) {}

  /** Marks a job as running. @returns null when it has ended or was cancelled before it began */
  begin(id: string): Promise<Job | null> {
    return this.database.transaction(async (em) => {
      const changed = await em.execute<{ id: string }[]>(
        `update jobs set state = 'running', started_at = coalesce(started_at, now()), updated_at = now()
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

  /** Those of the given jobs that their users have cancelled. */
  async cancelRequested(ids: readonly string[]): Promise<string[]> {
    const rows = await this.database.read((em) =>
      em.find(Job, { id: { $in: [...ids] }, cancelRequestedAt: { $ne: null } }, { fields: ['id'] }),
    );
    return rows.map((row) => row.id);
  }
}
