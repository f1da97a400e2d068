import { Injectable } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { AccountMails } from './account-mails.ts';

/** Asks for links with which users choose a new password. */
@Injectable()
export class PasswordResetService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly mails: AccountMails,
    private readonly trail: AuditTrail,
  ) {}

  /** For whoever says to have forgotten it; does the same for an unknown address. @throws DomainError `mail-not-configured` */
  async requestReset(email: string): Promise<void> {
    this.mails.requireDelivery();
    if (!(await this.mails.mayWriteTo(email))) return;
    await this.database.transaction(async (em) => {
      const user = await this.users.findByEmail(em, email);
      await this.mails.request(em, 'password-reset', user?.id ?? null);
      await this.trail.append(em, {
        actorId: null,
        action: 'user.password-forgotten',
        outcome: 'success',
        ...(user !== null && { targetType: 'user', targetId: user.id }),
      });
    });
    this.mails.wake();
  }

  /**
   * For an administrator: the user gets the link, and nobody else ever sees it or chooses the password.
   *
   * @throws DomainError `not-found`, `account-without-password`, `rate-limited`, `mail-not-configured`
   */
  async send(principal: Principal, userId: string): Promise<void> {
    this.mails.requireDelivery();
    const user = await this.database.read((em) => this.users.findById(em, userId));
    if (user === null) throw new DomainError('not-found');
    if (!user.isActive || !user.hashedPassword) throw new DomainError('account-without-password');
    await this.mails.requireAllowance(user.email);
    await this.database.transaction(async (em) => {
      await this.mails.request(em, 'password-reset', user.id);
      await this.trail.append(em, {
        actorId: principal.userId,
        action: 'user.password-reset-request',
        outcome: 'success',
        targetType: 'user',
        targetId: user.id,
      });
    });
    this.mails.wake();
  }
}
