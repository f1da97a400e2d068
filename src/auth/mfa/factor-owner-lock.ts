import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { SecondFactorFailures } from './second-factor-failures.ts';

/** Locks the account of a session while its second factors change. */
@Injectable()
export class FactorOwnerLock {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly failures: SecondFactorFailures,
  ) {}

  /** The account, locked until the transaction ends. @throws DomainError `unauthenticated` when it is gone */
  async lock(em: EntityManager, { userId }: SessionPrincipal): Promise<User> {
    const user = await this.users.findLocked(em, userId);
    if (user?.isActive !== true) throw new DomainError('unauthenticated');
    return user;
  }

  /**
   * Checks a second factor in a transaction of its own, and counts it when it is wrong.
   *
   * @param work null means wrong; what it has written stays
   * @throws DomainError `wrong-second-factor`, `rate-limited`
   */
  async verifyFactor<Result>(
    principal: SessionPrincipal,
    work: (em: EntityManager) => Promise<Result | null>,
  ): Promise<Result> {
    const result = await this.failures.countAttempt(principal, () => this.database.transaction(work));
    if (result === null) throw new DomainError('wrong-second-factor');
    return result;
  }
}
