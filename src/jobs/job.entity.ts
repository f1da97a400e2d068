import { randomUUIDv7 } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/postgresql';
import { User } from '../users/user.entity.ts';

/** queued and running are open states; the others are final. */
export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** Named counters of a job, for example files_discovered. */
export type JobCounters = Record<string, number>;

/** @param job the table's alias */
const JOBS_AHEAD = (job: { toString(): string }): string => `
  case when ${job.toString()}.state = 'queued' and ${job.toString()}.next_attempt_at is null then (
    select count(*)::int from jobs ahead
    where ahead.kind = ${job.toString()}.kind and ahead.is_long = ${job.toString()}.is_long and ahead.state = 'queued'
      and ahead.next_attempt_at is null and ahead.updated_at < ${job.toString()}.updated_at) end`;

const JobSchema = defineEntity({
  name: 'Job',
  tableName: 'jobs',
  indexes: [{ name: 'jobs_queued_index', properties: ['kind', 'isLong', 'updatedAt'], where: "state = 'queued'" }],
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
    /** Since when another server does not serve it; null while nothing holds it up. */
    waitingSince: p.datetime().nullable(),
    /** When a waiting job is tried again. */
    nextAttemptAt: p.datetime().nullable(),
    /** It takes turns with other long jobs of its kind. */
    isLong: p.boolean().default(false),
    /** The queue entry that may run it; what a worker that was cut off has left in the queue does nothing. */
    entryId: p.uuid().nullable(),
    /** How many jobs of its kind are run before a queued one; null for others, and for those that wait for a time. */
    jobsAhead: p.integer().formula(JOBS_AHEAD).nullable(),
  },
});

/** Work in the background that a user can watch and cancel. */
export class Job extends JobSchema.class {}
JobSchema.setClass(Job);
