import { Injectable } from '@nestjs/common';
import { Database } from '../persistence/database.ts';

const MAX_CAUSES = 100;

/** The open jobs of one kind. */
export interface OpenJobs {
  readonly kind: string;
  readonly queued: number;
  readonly running: number;
  /** Until another server is back. */
  readonly waiting: number;
  /** How long the one that is queued longest waits for its turn, in seconds; 0 when none is. */
  readonly longestWaitSeconds: number;
}

/** How often jobs of one kind failed for one cause in the last 24 hours. */
export interface JobFailures {
  readonly kind: string;
  readonly problemCode: string;
  readonly count: number;
  readonly userCount: number;
  readonly lastAt: Date;
}

/** Counts the jobs of all users; tells nothing of any one of them. */
@Injectable()
export class JobOverview {
  constructor(private readonly database: Database) {}

  read(): Promise<{ readonly open: readonly OpenJobs[]; readonly failures: readonly JobFailures[] }> {
    return this.database.read(async (em) => ({
      open: await em.execute<OpenJobs[]>(
        `select kind, count(*) filter (where state = 'queued' and next_attempt_at is null)::int as queued,
           count(*) filter (where state = 'running')::int as running,
           count(*) filter (where state = 'queued' and next_attempt_at is not null)::int as waiting,
           coalesce(extract(epoch from now() - min(updated_at) filter (where state = 'queued' and next_attempt_at is null)), 0)::int
             as "longestWaitSeconds"
         from jobs where state in ('queued', 'running') group by kind order by kind`,
      ),
      failures: await em.execute<JobFailures[]>(
        `select kind, problem_code as "problemCode", count(*)::int as count, count(distinct user_id)::int as "userCount",
           max(finished_at) as "lastAt"
         from jobs where state = 'failed' and finished_at > now() - interval '24 hours' and problem_code is not null
         group by kind, problem_code order by count(*) desc, kind, problem_code limit ?`,
        [MAX_CAUSES],
      ),
    }));
  }
}
