import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { LoginService } from '../login/login.service.ts';
import { NewPasswords } from './new-passwords.ts';
import { PasswordChanges } from './password-changes.ts';

/** A change of the own password. */
export interface PasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
}

/** The own password. */
@Injectable()
export class PasswordService {
  constructor(
    private readonly database: Database,
    private readonly logins: LoginService,
    private readonly passwords: NewPasswords,
    private readonly changes: PasswordChanges,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * Replaces the password and ends every other session of the account; the session of the request stays.
   *
   * @throws DomainError `wrong-password`, `validation-failed`, `rate-limited` after too many wrong ones, `service-busy`, `service-stopping`
   */
  async change(principal: SessionPrincipal, { currentPassword, newPassword }: PasswordChange): Promise<void> {
    const user = await this.#confirm(principal, currentPassword);
    const hashedPassword = await this.passwords.accept({
      password: newPassword,
      email: user.email,
      fullName: user.fullName ?? null,
      pointer: '/new_password',
    });
    const { sessionId } = principal;
    await this.database.transaction((em) => this.changes.change(em, user, { hashedPassword, sessionId }));
    this.changes.notify();
  }

  async #confirm(principal: SessionPrincipal, password: string): Promise<User> {
    const checked = await this.logins.checkCredentials({
      email: principal.email,
      password,
      sessionId: principal.sessionId,
    });
    if (checked.isRight && checked.user.id === principal.userId) return checked.user;
    await this.trail.record({
      actorId: principal.userId,
      action: 'user.password-change',
      outcome: 'failure',
      targetType: 'user',
      targetId: principal.userId,
      details: { reason: 'wrong-password' },
    });
    throw new DomainError('wrong-password');
  }
}
