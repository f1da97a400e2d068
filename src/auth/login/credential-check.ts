import { Injectable } from '@nestjs/common';
import { PasswordHasher } from '../../compute/password-hasher.ts';
import { Database } from '../../persistence/database.ts';
import type { User } from '../../users/user.entity.ts';
import { normalizeEmail, UsersRepository } from '../../users/users.repository.ts';
import { HashRenewal } from '../password/hash-renewal.ts';
import { LoginThrottle } from './login-throttle.ts';

/** Address and password as they came in. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** Why credentials were refused; for the audit trail only. */
export type RefusalReason = 'unknown-account' | 'deactivated' | 'no-password' | 'wrong-password';

/** What a check found. */
export type CheckedCredentials =
  | { readonly isRight: true; readonly user: User }
  | { readonly isRight: false; readonly userId: string | null; readonly reason: RefusalReason };

/** Checks passwords with the same work for every outcome, and counts the wrong ones per account. */
@Injectable()
export class CredentialCheck {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly hasher: PasswordHasher,
    private readonly throttle: LoginThrottle,
    private readonly renewal: HashRenewal,
  ) {}

  /** @throws DomainError `rate-limited` while the account is slowed down, `service-busy` */
  async checkCredentials({ email, password }: Credentials): Promise<CheckedCredentials> {
    const normalized = normalizeEmail(email);
    const user = await this.database.read((em) => this.users.findByEmail(em, normalized));
    await this.throttle.countAttempt(normalized, user?.id ?? null);
    const isRight = await this.#verify(password, user, normalized);
    if (!isRight || !user?.hashedPassword) return { isRight: false, userId: user?.id ?? null, reason: reasonOf(user) };
    await this.throttle.refund(normalized);
    return { isRight: true, user: await this.renewal.renew(user, password) };
  }

  async #verify(password: string, user: User | null, normalized: string): Promise<boolean> {
    try {
      return await this.hasher.verify(
        password,
        user?.isActive === true ? (user.hashedPassword ?? undefined) : undefined,
      );
    } catch (error) {
      await this.throttle.refund(normalized);
      throw error;
    }
  }
}

function reasonOf(user: User | null): RefusalReason {
  if (user === null) return 'unknown-account';
  if (!user.isActive) return 'deactivated';
  return user.hashedPassword ? 'wrong-password' : 'no-password';
}
