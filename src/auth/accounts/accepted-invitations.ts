import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { User } from '../../users/user.entity.ts';
import { UsersRepository } from '../../users/users.repository.ts';

/** Stores what somebody who was invited has chosen. */
@Injectable()
export class AcceptedInvitations {
  constructor(
    private readonly users: UsersRepository,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * Makes the account one that its owner can log in to. The mail has shown that the address is theirs.
   *
   * @param user locked by the caller
   * @throws DomainError `one-time-token-invalid` when it has a password already: an invitation is no reset
   */
  async store(
    em: EntityManager,
    user: User,
    { hashedPassword, fullName }: { readonly hashedPassword: string; readonly fullName: string | null },
  ): Promise<User> {
    if (user.hashedPassword) throw new DomainError('one-time-token-invalid');
    await this.users.replacePassword(em, user.id, hashedPassword);
    await this.users.markEmailVerified(em, user.id);
    await em.execute('update users set full_name = ? where id = ?', [fullName, user.id]);
    await this.trail.append(em, {
      actorId: user.id,
      action: 'user.accept-invitation',
      outcome: 'success',
      targetType: 'user',
      targetId: user.id,
    });
    return em.findOneOrFail(User, { id: user.id }, { refresh: true });
  }
}
