import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { AuthConfig } from '../../config/auth.config.ts';
import { Database } from '../../persistence/database.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { AccountMails } from './account-mails.ts';
import { RegistrationService, type Registration } from './registration.service.ts';

/** Accounts that people open themselves. */
@Injectable()
export class SelfRegistrationService {
  constructor(
    private readonly config: AuthConfig,
    private readonly registration: RegistrationService,
    private readonly mails: AccountMails,
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * Opens an account. Where its address has to be verified, nothing tells whether the address had one before: the
   * password is hashed in either case and the rest comes by mail.
   *
   * @returns null where the address has to be verified
   * @throws DomainError `validation-failed` for the password, `service-busy`, `service-stopping`; `email-taken` where no address is verified
   */
  async register(registration: Registration): Promise<User | null> {
    if (this.config.emailVerification === 'off') return this.registration.register(registration, { isAdmin: false });
    const mayWrite = await this.mails.mayWriteTo(registration.email);
    const and = async (em: EntityManager, { id }: User): Promise<void> => {
      if (mayWrite) await this.mails.request(em, 'email-verification', id);
    };
    try {
      await this.registration.register(registration, { isAdmin: false, and });
    } catch (error) {
      if (!isDomainError(error, 'email-taken')) throw error;
      await this.#recordTaken(registration.email, { mayWrite });
    }
    this.mails.wake();
    return null;
  }

  /**
   * Tells the owner of an address, and nobody else, that somebody wanted to open an account with it.
   *
   * @param mayWrite false where the owner got enough messages for now: then only the trail knows
   */
  async #recordTaken(email: string, { mayWrite }: { readonly mayWrite: boolean }): Promise<void> {
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
