import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { UserRegistry } from '../../users/user-registry.ts';
import { CredentialCheck } from '../login/credential-check.ts';
import { endOtherSessions } from '../sessions/end-session.ts';
import { NewPasswords } from './new-passwords.ts';

/** A change of the own password. */
export interface PasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
}

/** The own password. */
@Injectable()
export class PasswordService {
  readonly #database: Database;
  readonly #registry: UserRegistry;
  readonly #check: CredentialCheck;
  readonly #passwords: NewPasswords;
  readonly #trail: AuditTrail;

  constructor(
    database: Database,
    registry: UserRegistry,
    check: CredentialCheck,
    passwords: NewPasswords,
    trail: AuditTrail,
  ) {
    this.#database = database;
    this.#registry = registry;
    this.#check = check;
    this.#passwords = passwords;
    this.#trail = trail;
  }

  /**
   * Replaces the password and ends every other session of the account; the session of the request lives on.
   *
   * @throws DomainError `wrong-password`, `validation-failed`, `rate-limited` after too many wrong ones, `service-busy`
   */
  async change(principal: SessionPrincipal, { currentPassword, newPassword }: PasswordChange): Promise<void> {
    const user = await this.#confirm(principal, currentPassword);
    const hashedPassword = await this.#passwords.accept({
      password: newPassword,
      email: user.email,
      fullName: user.fullName ?? null,
      pointer: '/new_password',
    });
    await this.#database.transaction((em) => this.#store(em, principal, { user, hashedPassword }));
  }

  async #confirm(principal: SessionPrincipal, password: string): Promise<User> {
    const checked = await this.#check.check({ email: principal.email, password });
    if (checked.isRight && checked.user.id === principal.userId) return checked.user;
    await this.#trail.record({
      actorId: principal.userId,
      action: 'user.password-change',
      outcome: 'failure',
      targetType: 'user',
      targetId: principal.userId,
      details: { reason: 'wrong-password' },
    });
    throw new DomainError('wrong-password');
  }

  async #store(
    em: EntityManager,
    principal: SessionPrincipal,
    { user, hashedPassword }: { user: User; hashedPassword: string },
  ): Promise<void> {
    const now = await this.#registry.findLocked(em, user.id);
    // Two changes at once: the second one no longer knows the current password.
    if (now?.hashedPassword !== user.hashedPassword) throw new DomainError('wrong-password');
    await this.#registry.replacePassword(em, user.id, hashedPassword);
    await endOtherSessions(em, principal, 'password-change');
    await this.#trail.append(em, {
      actorId: user.id,
      action: 'user.password-change',
      outcome: 'success',
      targetType: 'user',
      targetId: user.id,
    });
  }
}
