import { Injectable } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { NewPasswords } from '../password/new-passwords.ts';
import { PasswordChanges } from '../password/password-changes.ts';
import { AccountLinks } from './account-links.ts';
import { AccountMails } from './account-mails.ts';

/** The token of a link and the password that its holder has chosen. */
export interface PasswordRenewal {
  readonly token: string;
  readonly newPassword: string;
}

/** A forgotten password: the link with which its owner chooses a new one, and the choice. */
@Injectable()
export class PasswordResetService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly mails: AccountMails,
    private readonly links: AccountLinks,
    private readonly passwords: NewPasswords,
    private readonly changes: PasswordChanges,
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

  /**
   * Replaces the password by the token of a mail, and ends every session and personal access token of the account. A
   * password that is refused leaves the token good.
   *
   * @throws DomainError `one-time-token-invalid` before any hashing, `validation-failed`, `service-busy`, `service-stopping`
   */
  async renew({ token, newPassword }: PasswordRenewal): Promise<void> {
    const { user } = await this.database.transaction((em) => this.links.inspect(em, 'password-reset', token));
    const hashedPassword = await this.passwords.accept({
      password: newPassword,
      email: user.email,
      fullName: user.fullName ?? null,
      pointer: '/new_password',
    });
    // Not in one transaction with the look before: hashing would keep the connection and the account locked.
    await this.database.transaction(async (em) => {
      const redeemed = await this.links.redeem(em, 'password-reset', token);
      await this.changes.reset(em, redeemed.user, hashedPassword);
    });
    this.changes.notify();
  }
}
