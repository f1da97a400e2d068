import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { withOrigin } from '../access/request-origin.ts';
import { HttpConfig } from '../config/http.config.ts';
import { SchemaMigrator } from '../persistence/schema-migrator.ts';
import { failureForLog } from '../problem/failure-for-log.ts';
import { Boss } from './boss.ts';
import type { TaskData, TaskHandler } from './task-handler.port.ts';

/** Work of the server itself, durable and repeated until it succeeds. */
@Injectable()
export class Tasks implements OnModuleDestroy {
  readonly #log = new Logger('Tasks');
  readonly #handlers: TaskHandler[] = [];
  readonly #workers = new Map<string, string>();
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly boss: Boss,
    private readonly config: HttpConfig,
    schema: SchemaMigrator,
  ) {
    schema.whenReady(() => this.#start());
  }

  /** Registers a kind of work; call it while the application starts. */
  register(handler: TaskHandler): void {
    this.#handlers.push(handler);
  }

  /** Queues a task in the transaction of `em`: it exists if and only if the transaction commits. */
  async add(em: EntityManager, kind: string, data: TaskData): Promise<void> {
    await this.boss.sendTask(em, kind, data);
  }

  /** Makes this process look for tasks of a kind at once; call it after the transaction. */
  wake(kind: string): void {
    const worker = this.#workers.get(kind);
    if (worker !== undefined) this.boss.wake(worker);
  }

  onModuleDestroy(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  async #start(): Promise<void> {
    await this.boss.start();
    for (const handler of this.#handlers) {
      // A start that failed half-way is made again from the beginning.
      if (this.#workers.has(handler.kind)) continue;
      await this.boss.createTaskQueue(handler.kind);
      if (!this.config.runsJobs) continue;
      const work = (data: TaskData): Promise<void> => this.#run(handler, data);
      this.#workers.set(handler.kind, await this.boss.workTasks(handler.kind, handler.concurrency, work));
      if (handler.everySeconds !== undefined) this.#repeat(handler.kind, handler.everySeconds);
    }
  }

  #repeat(kind: string, everySeconds: number): void {
    const ask = (): void => {
      this.boss.sendEvery(kind, everySeconds).catch((error: unknown) => {
        this.#log.warn({ kind, ...failureForLog(error) }, 'A repeated task cannot be queued now');
      });
    };
    ask();
    this.#timers.push(setInterval(ask, everySeconds * 1000));
  }

  async #run(handler: TaskHandler, data: TaskData): Promise<void> {
    try {
      await withOrigin({ requestId: randomUUID(), address: null, userAgent: null }, () => handler.run(data));
    } catch (error) {
      this.#log.warn({ kind: handler.kind, ...failureForLog(error) }, 'A task failed and will be tried again');
      throw error;
    }
  }
}
