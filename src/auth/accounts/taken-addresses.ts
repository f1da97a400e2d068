import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { AccountMails } from './account-mails.ts';

/** Tells the owner of an address, and nobody else, that somebody wanted to open an account with it. */
@Injectable()
export class TakenAddresses {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly mails: AccountMails,
    private readonly trail: AuditTrail,
  ) {}

  /** @param mayWrite false where the owner got enough messages for now: then only the trail knows */
  async recordAttempt(email: string, { mayWrite }: { readonly mayWrite: boolean }): Promise<void> {
    await this.database.transaction(async (em) => {
      const owner = await this.users.findByEmail(em, email);
      if (mayWrite) await this.mails.request(em, 'account-exists', owner?.id ?? null);
      await this.trail.append(em, {
        actorId: null,
        action: 'user.register',
        outcome: 'failure',
        ...(owner !== null && { targetType: 'user', targetId: owner.id }),
        details: { reason: 'email-taken' },
      });
    });
  }
}
