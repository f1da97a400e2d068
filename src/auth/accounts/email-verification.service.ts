import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { AccountLinks } from './account-links.ts';
import { AccountMails } from './account-mails.ts';

/** Shows that the owner of an account receives mail at its address. */
@Injectable()
export class EmailVerificationService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly links: AccountLinks,
    private readonly mails: AccountMails,
    private readonly trail: AuditTrail,
  ) {}

  /** Asks for another link; does the same for an address without an account. @throws DomainError `mail-not-configured` */
  async resend(email: string): Promise<void> {
    this.mails.requireDelivery();
    if (!(await this.mails.mayWriteTo(email))) return;
    await this.database.transaction(async (em) => {
      const user = await this.users.findByEmail(em, email);
      await this.mails.request(em, 'email-verification', user?.id ?? null);
    });
    this.mails.wake();
  }

  /** @throws DomainError `one-time-token-invalid` */
  async verify(token: string): Promise<void> {
    await this.database.transaction(async (em) => {
      const { user } = await this.links.redeem(em, 'email-verification', token);
      await this.users.markEmailVerified(em, user.id);
      await this.trail.append(em, {
        actorId: user.id,
        action: 'user.email-verify',
        outcome: 'success',
        targetType: 'user',
        targetId: user.id,
      });
    });
  }
}
