import { Injectable } from '@nestjs/common';
import { Database } from '../persistence/database.ts';
import { Job } from './job.entity.ts';

const LOOK_INTERVAL_MS = 500;

/** Tells those who follow jobs of every change: one query each half second, however many they are. */
@Injectable()
export class JobWatch {
  readonly #followers = new Set<Follower>();
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(private readonly database: Database) {}

  /**
   * The job after each change, from the state that the caller knows on, until `signal` aborts or the job is deleted.
   *
   * @throws DomainError `service-unavailable` when PostgreSQL cannot tell
   */
  async *follow(known: Job, signal: AbortSignal): AsyncGenerator<Job> {
    const follower = new Follower(known);
    const end = (): void => follower.end();
    signal.addEventListener('abort', end);
    this.#followers.add(follower);
    this.#schedule();
    try {
      if (signal.aborted) return;
      for (let job = await follower.next(); job !== undefined; job = await follower.next()) yield job;
    } finally {
      signal.removeEventListener('abort', end);
      this.#followers.delete(follower);
      if (this.#followers.size === 0) {
        clearTimeout(this.#timer);
        this.#timer = undefined;
      }
    }
  }

  /** One look at a time; a look that is under way schedules the next one itself. */
  #schedule(): void {
    if (this.#isLooking) return;
    this.#timer ??= setTimeout(() => void this.#look(), LOOK_INTERVAL_MS);
  }

  async #look(): Promise<void> {
    this.#timer = undefined;
    this.#isLooking = true;
    try {
      const ids = [...new Set([...this.#followers].map(({ id }) => id))];
      const rows = await this.database.read((em) => em.find(Job, { id: { $in: ids } }));
      const jobs = new Map(rows.map((row) => [row.id, row]));
      for (const follower of this.#followers) follower.see(jobs.get(follower.id));
    } catch (error) {
      for (const follower of this.#followers) follower.fail(error as Error);
    }
    this.#isLooking = false;
    if (this.#followers.size > 0) this.#schedule();
  }
}

/** Waits for the newest state of one job that it has not seen. */
class Follower {
  readonly id: string;
  #version: string;
  #newest: Job | undefined;
  #failure: Error | undefined;
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(known: Job) {
    this.id = known.id;
    this.#version = versionOf(known);
  }

  /** @returns undefined when there is nothing more to come */
  async next(): Promise<Job | undefined> {
    if (this.#newest === undefined && !this.#isOver) await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.#failure !== undefined) throw this.#failure;
    const newest = this.#isOver ? undefined : this.#newest;
    this.#newest = undefined;
    return newest;
  }

  /** Takes the state of a job that exists, or ends. */
  see(job: Job | undefined): void {
    if (job === undefined) {
      this.end();
      return;
    }
    const version = versionOf(job);
    if (version === this.#version) return;
    this.#version = version;
    this.#newest = job;
    this.#wake?.();
  }

  fail(error: Error): void {
    this.#failure = error;
    this.end();
  }

  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }
}

function versionOf(job: Job): string {
  return `${job.state}${job.updatedAt.toISOString()}`;
}
