import { MikroORM, type EntityManager } from '@mikro-orm/postgresql';
import { DomainError } from '../problem/domain-error.ts';
import { isDatabaseUnreachable } from './database-failure.ts';

/**
 * The way to PostgreSQL. Each call gets an entity manager of its own, so nothing is cached from one request or
 * job to the next.
 */
export class Database {
  readonly #orm: MikroORM;

  constructor(orm: MikroORM) {
    this.#orm = orm;
  }

  /**
   * Runs `work` outside a transaction.
   *
   * @throws DomainError `service-unavailable` when PostgreSQL cannot be reached or does not answer in time
   */
  read<Result>(work: (em: EntityManager) => Promise<Result>): Promise<Result> {
    return answerable(() => work(this.#orm.em.fork()));
  }

  /**
   * Runs `work` in one transaction: all of it is stored or nothing. Everything inside must go through the given
   * entity manager; the embedded database has a single connection and a second one would wait for ever.
   *
   * @throws DomainError `service-unavailable` when PostgreSQL cannot be reached or does not answer in time
   */
  transaction<Result>(work: (em: EntityManager) => Promise<Result>): Promise<Result> {
    return answerable(() => this.#orm.em.fork().transactional(work));
  }

  /** Answers when PostgreSQL does. @throws DomainError `service-unavailable` */
  async ping(): Promise<void> {
    await this.read((em) => em.execute('select 1'));
  }

  /** Ends every connection. */
  close(): Promise<void> {
    return this.#orm.close(true);
  }
}

async function answerable<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (isDatabaseUnreachable(error)) {
      throw new DomainError('service-unavailable', {
        detail: 'The database cannot be reached.',
        retryAfterSeconds: 5,
        cause: error,
      });
    }
    throw error;
  }
}
