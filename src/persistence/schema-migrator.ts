import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { failureForLog } from '../problem/failure-for-log.ts';
import { migrate, NewerSchemaError } from './migrate.ts';
import type { OpenDatabase } from './open-database.ts';

const RETRY_INTERVAL_MS = 1000;
const POSTGRES_PORT = 5432;
const TOLD_INTERVAL_MS = 10_000;

/** What waits for the schema, in the order in which it asked. */
export type ReadyListener = () => Promise<void>;

/**
 * Migrates when PostgreSQL can be reached. A server that is down at start delays readiness and does not end the
 * process.
 */
@Injectable()
export class SchemaMigrator implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #open: OpenDatabase;
  readonly #log = new Logger('Schema');
  readonly #listeners: ReadyListener[] = [];
  #retry: NodeJS.Timeout | undefined;
  #isStopping = false;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(open: OpenDatabase) {
    this.#open = open;
  }

  /** Registers work to be done once the schema is ready; call it in a constructor or in onModuleInit. */
  whenReady(listener: ReadyListener): void {
    this.#listeners.push(listener);
  }

  /** @throws NewerSchemaError */
  async onApplicationBootstrap(): Promise<void> {
    try {
      await migrate(this.#open);
      for (const listener of this.#listeners) await listener();
    } catch (error) {
      if (error instanceof NewerSchemaError || this.#open.isEmbedded) throw error;
      this.#tell(error);
      this.#tryAgain();
    }
  }

  /** One line each ten seconds, with what an operator needs: which server, and what it or the network said. */
  #tell(error: unknown): void {
    if (performance.now() - this.#toldMs < TOLD_INTERVAL_MS) return;
    this.#toldMs = performance.now();
    const { hostname: host, port, pathname } = new URL(this.#open.orm.config.get('clientUrl'));
    const { errorCode } = failureForLog(error);
    const where = { host, port: Number(port || POSTGRES_PORT), database: pathname.slice(1) };
    this.#log.warn({ ...where, errorCode }, 'PostgreSQL cannot be reached yet');
  }

  onModuleDestroy(): void {
    this.#isStopping = true;
    clearTimeout(this.#retry);
  }

  #tryAgain(): void {
    if (this.#isStopping) return;
    this.#retry = setTimeout(() => {
      this.onApplicationBootstrap().catch((error: unknown) => {
        this.#log.fatal({ ...failureForLog(error) }, 'The schema cannot be used');
        process.exit(1);
      });
    }, RETRY_INTERVAL_MS);
  }
}
