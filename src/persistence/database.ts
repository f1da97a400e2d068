import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { DomainError } from '../problem/domain-error.ts';
import { isDatabaseUnreachable } from './database-failure.ts';

const RETRY_AFTER_SECONDS = 5;
const LOCK_TIMEOUT_MS = 1000;

/** A statement that PostgreSQL keeps by name. */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
}

/** The part of the driver's pool that is used here. */
interface PreparingPool<Row> {
  query(query: PreparedStatement & { readonly values: readonly unknown[] }): Promise<{ readonly rows: Row[] }>;
}

/**
 * The way to PostgreSQL. Each call gets an entity manager of its own, so nothing is cached from one request or
 * job to the next.
 */
export class Database {
  readonly #orm: MikroORM;
  readonly #isEmbedded: boolean;
  #isReady = false;

  constructor(orm: MikroORM, { isEmbedded = false }: { readonly isEmbedded?: boolean } = {}) {
    this.#orm = orm;
    this.#isEmbedded = isEmbedded;
  }

  /** True once the schema is up to date; until then every call answers `service-unavailable`. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Opens the database to callers; `migrate` calls it when the schema is up to date. */
  markReady(): void {
    this.#isReady = true;
  }

  /**
   * Runs `work` outside a transaction.
   *
   * @throws DomainError `service-unavailable` when PostgreSQL cannot be reached or does not answer in time
   */
  read<Result>(work: (em: EntityManager) => Promise<Result>): Promise<Result> {
    return this.#answer(() => work(this.#orm.em.fork()));
  }

  /**
   * Runs `work` in one transaction: all of it is stored or nothing. Everything inside must go through the given
   * entity manager; the embedded database has a single connection and a second one would wait for ever.
   *
   * @throws DomainError `service-unavailable` when PostgreSQL cannot be reached or does not answer in time
   */
  transaction<Result>(work: (em: EntityManager) => Promise<Result>): Promise<Result> {
    return this.#answer(async () => {
      const connection = this.#orm.em.getDriver().getConnection();
      await connection.ensureConnection();
      // Not the ORM's own `transactional`: when the server does not answer BEGIN, that one never gives its connection back.
      return connection
        .getClient()
        .transaction()
        .execute(async (transaction) => {
          const em = this.#orm.em.fork();
          em.setTransactionContext(transaction);
          const result = await work(em);
          await em.flush();
          return result;
        });
    });
  }

  /**
   * Runs one statement that is asked on every request, outside the ORM: PostgreSQL plans it once per connection.
   *
   * @param statement its name on the connection, one for each text, and its text with `$1`, `$2` ...
   * @throws DomainError `service-unavailable` when PostgreSQL cannot be reached or does not answer in time
   */
  ask<Row>(statement: PreparedStatement, values: readonly unknown[]): Promise<Row[]> {
    return this.#answer(async () => {
      const connection = this.#orm.em.getDriver().getConnection();
      await connection.ensureConnection();
      const pool = (await connection.getNativeClient()) as PreparingPool<Row>;
      const { rows } = await pool.query({ ...statement, values });
      return rows;
    });
  }

  /**
   * Resolves when PostgreSQL can store something new: its first row of a new file needs a block on disk and a place in
   * the write-ahead log.
   *
   * @throws DomainError `service-unavailable` where it is away, full or not up to date, also the error of one that is read-only
   */
  async checkWrite(): Promise<void> {
    await this.transaction(async (em) => {
      await em.execute(`set local lock_timeout = '${LOCK_TIMEOUT_MS}ms'`);
      await em.execute('truncate write_checks');
      await em.execute('insert into write_checks values (now())');
    });
  }

  /**
   * Gives back the space of deleted rows of the embedded database, which has no autovacuum. With `isFull` nothing of them
   * is left in its folder afterwards: every table is written anew and the write-ahead log begins a new file; nobody else
   * is answered meanwhile (0.4 s for a small database, some seconds for each GB). A PostgreSQL server does this by itself.
   */
  async reclaim({ isFull }: { readonly isFull: boolean }): Promise<void> {
    if (!this.#isEmbedded) return;
    await this.read(async (em) => {
      await em.execute(isFull ? 'vacuum full' : 'vacuum');
      if (isFull) await em.execute('select pg_switch_wal()');
      await em.execute('checkpoint');
    });
  }

  async #answer<Result>(work: () => Promise<Result>): Promise<Result> {
    if (!this.#isReady) throw unavailable('The database is not ready yet.');
    try {
      return await work();
    } catch (error) {
      if (isDatabaseUnreachable(error)) throw unavailable('The database cannot be reached.', error);
      throw error;
    }
  }
}

function unavailable(detail: string, cause?: unknown): DomainError {
  return new DomainError('service-unavailable', { detail, retryAfterSeconds: RETRY_AFTER_SECONDS, cause });
}
