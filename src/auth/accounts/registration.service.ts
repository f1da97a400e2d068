import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import type { User } from '../../users/user.entity.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { NewPasswords } from '../password/new-passwords.ts';

/** Somebody who wants an account. */
export interface Registration {
  readonly email: string;
  readonly password: string;
  readonly fullName: string | null;
}

/** How an account is opened. */
export interface Opening {
  readonly isAdmin: boolean;
  readonly and?: (em: EntityManager, user: User) => Promise<void>;
}

/** Makes accounts. No account is ever an administrator because it was the first. */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly passwords: NewPasswords,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * An account made by the operator, who vouches for its address; never over HTTP.
   *
   * @throws DomainError like `register`
   */
  create(registration: Registration, { isAdmin }: { readonly isAdmin: boolean }): Promise<User> {
    return this.register(registration, {
      isAdmin,
      and: (em, { id }) => this.users.markEmailVerified(em, id),
    });
  }

  /**
   * @param opening.and what else belongs to the opening, in its transaction
   * @throws DomainError `validation-failed` for the password, `email-taken`, `service-busy`, `service-stopping`
   */
  async register({ email, password, fullName }: Registration, { isAdmin, and }: Opening): Promise<User> {
    const hashedPassword = await this.passwords.accept({ password, email, fullName, pointer: '/password' });
    return this.database.transaction(async (em) => {
      const user = await this.users.insert(em, { email, fullName, hashedPassword, isAdmin });
      await and?.(em, user);
      await this.trail.append(em, {
        actorId: user.id,
        action: 'user.register',
        outcome: 'success',
        targetType: 'user',
        targetId: user.id,
        details: { role: isAdmin ? 'admin' : 'user' },
      });
      return user;
    });
  }
}
