import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuthConfig } from '../../config/auth.config.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { AccountMails } from './account-mails.ts';
import { RegistrationService, type Registration } from './registration.service.ts';
import { TakenAddresses } from './taken-addresses.ts';

/** Accounts that people open themselves. */
@Injectable()
export class SelfRegistrationService {
  constructor(
    private readonly config: AuthConfig,
    private readonly registration: RegistrationService,
    private readonly taken: TakenAddresses,
    private readonly mails: AccountMails,
  ) {}

  /**
   * Opens an account. Where its address has to be verified, nothing tells whether the address had one before: the
   * password is hashed in either case and the rest comes by mail.
   *
   * @returns null where the address has to be verified
   * @throws DomainError `validation-failed` for the password, `service-busy`; `email-taken` where no address is verified
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
      await this.taken.recordAttempt(registration.email, { mayWrite });
    }
    this.mails.wake();
    return null;
  }
}
