import { Injectable } from '@nestjs/common';
import { PasswordHasher } from '../../compute/password-hasher.ts';
import { Database } from '../../persistence/database.ts';
import type { User } from '../../users/user.entity.ts';
import { foldEmail, UserRegistry } from '../../users/users.repository.ts';
import { HashRenewal } from '../password/hash-renewal.ts';
import { AccountFailures } from './login-throttle.ts';

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
  readonly #database: Database;
  readonly #registry: UserRegistry;
  readonly #hasher: PasswordHasher;
  readonly #failures: AccountFailures;
  readonly #renewal: HashRenewal;

  constructor(
    database: Database,
    registry: UserRegistry,
    hasher: PasswordHasher,
    failures: AccountFailures,
    renewal: HashRenewal,
  ) {
    this.#database = database;
    this.#registry = registry;
    this.#hasher = hasher;
    this.#failures = failures;
    this.#renewal = renewal;
  }

  /** @throws DomainError `rate-limited` while the account is slowed down, `service-busy` */
  async check({ email, password }: Credentials): Promise<CheckedCredentials> {
    const folded = foldEmail(email);
    const user = await this.#database.read((em) => this.#registry.findByEmail(em, folded));
    await this.#failures.count(folded, user?.id ?? null);
    const isRight = await this.#verify(password, user, folded);
    if (!isRight || !user?.hashedPassword) return { isRight: false, userId: user?.id ?? null, reason: reasonOf(user) };
    await this.#failures.takeBack(folded);
    return { isRight: true, user: await this.#renewal.renew(user, password) };
  }

  async #verify(password: string, user: User | null, folded: string): Promise<boolean> {
    try {
      return await this.#hasher.verify(
        password,
        user?.isActive === true ? (user.hashedPassword ?? undefined) : undefined,
      );
    } catch (error) {
      await this.#failures.takeBack(folded);
      throw error;
    }
  }
}

function reasonOf(user: User | null): RefusalReason {
  if (user === null) return 'unknown-account';
  if (!user.isActive) return 'deactivated';
  return user.hashedPassword ? 'wrong-password' : 'no-password';
}
