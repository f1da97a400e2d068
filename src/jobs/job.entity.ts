import { randomUUIDv7 } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/postgresql';
import { User } from '../users/user.entity.ts';

/** queued and running are open states; the others are final. */
export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** Named counters of a job, for example files_discovered. */
export type JobCounters = Record<string, number>;

const JobSchema = defineEntity({
  name: 'Job',
  tableName: 'jobs',
  properties: {
    id: p
      .uuid()
      .primary()
      .onCreate(() => randomUUIDv7()),
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').deleteRule('cascade').index(),
    kind: p.string().length(32),
    /** A user has at most one open job of a kind and key. */
    exclusivityKey: p.string().length(64).default(''),
    state: p.string().length(16).$type<JobState>(),
    /** What the job was asked to do. */
    parameters: p.json<Record<string, unknown>>(),
    counters: p.json<JobCounters>(),
    /** Code of the problem that ended a failed job, or that a queued one waits for the end of. */
    problemCode: p.string().length(64).nullable(),
    createdAt: p.datetime().defaultRaw('now()'),
    startedAt: p.datetime().nullable(),
    finishedAt: p.datetime().nullable(),
    updatedAt: p.datetime().defaultRaw('now()'),
    cancelRequestedAt: p.datetime().nullable(),
    /** Since when another server does not serve it; null for a job that was never held up. */
    waitingSince: p.datetime().nullable(),
    /** When a waiting job is tried again. */
    nextAttemptAt: p.datetime().nullable(),
  },
});

/** Work in the background that a user can watch and cancel. */
export class Job extends JobSchema.class {}
JobSchema.setClass(Job);
