import { Injectable } from '@nestjs/common';
import { Database } from '../../persistence/database.ts';
import { AccountLinks } from './account-links.ts';
import { NewPasswords } from '../password/new-passwords.ts';
import { PasswordChanges } from '../password/password-changes.ts';

/** The token of a link and the password that its holder has chosen. */
export interface PasswordRenewal {
  readonly token: string;
  readonly newPassword: string;
}

/** Chooses a new password by the token of a mail. */
@Injectable()
export class PasswordRenewalService {
  constructor(
    private readonly database: Database,
    private readonly links: AccountLinks,
    private readonly passwords: NewPasswords,
    private readonly changes: PasswordChanges,
  ) {}

  /**
   * Replaces the password and ends every session and personal access token of the account. A password that is refused
   * leaves the token good.
   *
   * @throws DomainError `one-time-token-invalid` before any hashing, `validation-failed`, `service-busy`
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
