import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import type { Principal } from '../access/principal.ts';
import { Database } from '../persistence/database.ts';
import { DomainError } from '../problem/domain-error.ts';
import type { ProblemCode } from '../problem/problem-codes.ts';
import { Boss } from './boss.ts';
import { JobRunner } from './job-runner.ts';
import { JobStore, queueOf } from './job-store.ts';
import { JobWatch } from './job-watch.ts';
import { Job } from './job.entity.ts';

const MAX_LISTED = 50;

/** A job to be done. */
export interface JobRequest {
  readonly userId: string;
  readonly kind: string;
  readonly parameters: Record<string, unknown>;
  /** At most 64 characters; open jobs of a kind exclude each other only when their keys are equal. Default ''. */
  readonly exclusivityKey?: string;
  /** It takes turns with the other long ones of its kind. Default false. */
  readonly isLong?: boolean;
}

/** Why jobs cannot go on. */
export interface LostGround {
  /** Kinds that need what is gone. */
  readonly kinds: readonly string[];
  /** Only jobs with these among their parameters. */
  readonly parameters: Readonly<Record<string, string>>;
  /** What their rows say. */
  readonly problemCode: ProblemCode;
}

/** The jobs of a user. */
@Injectable()
export class JobsService {
  constructor(
    private readonly database: Database,
    private readonly boss: Boss,
    private readonly store: JobStore,
    private readonly runner: JobRunner,
    private readonly watches: JobWatch,
  ) {}

  /**
   * Queues a job in the transaction of the data that causes it. While the user has an open job of this kind and key,
   * that one is returned instead, from whichever process it was asked for, and one that waits for another server is tried
   * again. Call `wake` after the commit.
   */
  async submit(em: EntityManager, request: JobRequest): Promise<Job> {
    const exclusivityKey = request.exclusivityKey ?? '';
    const lockName = `${request.kind}/${request.userId}/${exclusivityKey}`;
    await em.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [lockName]);
    const open = await em.findOne(Job, {
      userId: request.userId,
      kind: request.kind,
      exclusivityKey,
      state: { $in: ['queued', 'running'] },
      cancelRequestedAt: null,
    });
    if (open !== null) {
      await this.store.bringForward(em, open.id);
      return open;
    }
    const entryId = randomUUID();
    const job = em.create(Job, { ...request, exclusivityKey, entryId, state: 'queued', counters: {} });
    await em.flush();
    await em.refresh(job);
    await this.boss.send(em, { jobId: job.id, entryId }, { queue: queueOf(job) });
    return job;
  }

  /** Lets a worker of this process begin at once. */
  wake(kind: string): void {
    this.runner.wake(kind);
  }

  /** The latest jobs of a user, newest first. */
  list(principal: Principal): Promise<Job[]> {
    return this.database.read((em) =>
      em.find(Job, { userId: principal.userId }, { orderBy: { id: 'desc' }, limit: MAX_LISTED }),
    );
  }

  /** When a user's latest job of a kind and key was asked for; null when there was none. */
  async findLastRequest(userId: string, kind: string, exclusivityKey: string): Promise<Date | null> {
    const [last] = await this.database.read((em) =>
      em.find(Job, { userId, kind, exclusivityKey }, { orderBy: { id: 'desc' }, limit: 1, fields: ['createdAt'] }),
    );
    return last?.createdAt ?? null;
  }

  /** @throws DomainError `not-found` when there is no such job of this user */
  async get(principal: Principal, id: string): Promise<Job> {
    const job = await this.database.read((em) => em.findOne(Job, { id, userId: principal.userId }));
    if (job === null) throw new DomainError('not-found');
    return job;
  }

  /**
   * Asks a job to end; it does so at its next checkpoint and keeps what it has done.
   *
   * @throws DomainError `not-found`, `job-finished`
   */
  async cancel(principal: Principal, id: string): Promise<Job> {
    const job = await this.database.transaction(async (em) => {
      const found = await em.findOne(Job, { id, userId: principal.userId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (found === null) throw new DomainError('not-found');
      if (isFinal(found)) throw new DomainError('job-finished');
      if (found.state === 'queued') {
        await this.#dequeue(em, found);
        await em.execute(`update jobs set state = 'cancelled', finished_at = now() where id = ?`, [id]);
      }
      await em.execute('update jobs set cancel_requested_at = now(), updated_at = now() where id = ?', [id]);
      return em.refresh(found);
    });
    this.runner.abort(id);
    if (job === null) throw new DomainError('not-found');
    return job;
  }

  /** Asks every open job of a user to end, in the transaction of `em`; running ones do so within a second or two. */
  async cancelAll(em: EntityManager, userId: string): Promise<void> {
    const open = await em.find(
      Job,
      { userId, state: { $in: ['queued', 'running'] } },
      { orderBy: { id: 'asc' }, lockMode: LockMode.PESSIMISTIC_WRITE },
    );
    for (const job of open) if (job.state === 'queued') await this.#dequeue(em, job);
    await em.execute(
      `update jobs set cancel_requested_at = coalesce(cancel_requested_at, now()), updated_at = now(),
         finished_at = case when state = 'queued' then now() end,
         state = case when state = 'queued' then 'cancelled' else state end
       where user_id = ? and state in ('queued', 'running')`,
      [userId],
    );
  }

  /**
   * Ends the open jobs of some kinds because what they need is gone, in the transaction of `em`: queued ones fail with
   * `problemCode`, running ones are asked to end and keep it.
   */
  async failAll(em: EntityManager, userId: string, { kinds, parameters, problemCode }: LostGround): Promise<void> {
    const open = await em.find(
      Job,
      { userId, kind: { $in: [...kinds] }, state: { $in: ['queued', 'running'] }, parameters },
      { orderBy: { id: 'asc' }, lockMode: LockMode.PESSIMISTIC_WRITE },
    );
    for (const job of open) {
      if (job.state === 'queued') await this.#dequeue(em, job);
      await em.execute(
        `update jobs set cancel_requested_at = coalesce(cancel_requested_at, now()), updated_at = now(), problem_code = ?,
           finished_at = case when state = 'queued' then now() end,
           state = case when state = 'queued' then 'failed' else state end
         where id = ? and state in ('queued', 'running')`,
        [problemCode, job.id],
      );
    }
  }

  /**
   * The job now and after each change, until it ends or `signal` aborts.
   *
   * @throws DomainError `not-found`
   */
  async *watch(principal: Principal, id: string, signal: AbortSignal): AsyncGenerator<Job> {
    const now = await this.get(principal, id);
    yield now;
    if (isFinal(now)) return;
    for await (const job of this.watches.follow(now, signal)) {
      yield job;
      if (isFinal(job)) return;
    }
  }

  /** The job when it has ended or waits for another server, or as it is after `seconds`. */
  async waitFor(principal: Principal, id: string, seconds: number): Promise<Job> {
    let latest = await this.get(principal, id);
    if (seconds === 0) return latest;
    for await (const job of this.watch(principal, id, AbortSignal.timeout(seconds * 1000))) {
      latest = job;
      if (latest.nextAttemptAt) break;
    }
    return latest;
  }

  /** A job of an earlier version has the entry of its own id. */
  async #dequeue(em: EntityManager, job: Job): Promise<void> {
    await this.boss.cancel(em, queueOf(job), job.entryId ?? job.id);
  }
}

/** True when a job will not change any more. */
export function isFinal(job: Job): boolean {
  return job.state !== 'queued' && job.state !== 'running';
}
