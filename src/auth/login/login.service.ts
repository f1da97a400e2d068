import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { PasswordHasher } from '../../compute/password-hasher.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { normalizeEmail, UsersRepository } from '../../users/users.repository.ts';
import { LoginCompletion, type LoginOutcome } from './login-completion.ts';
import { guessBudget } from './guess-budget.ts';
import { LoginThrottle, type PasswordAttempt } from './login-throttle.ts';

/** Address and password as they came in. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
  /** The session that proves its user once more, where there is one. */
  readonly sessionId?: string;
}

/** Why credentials were refused; for the audit trail only. */
export type RefusalReason = 'unknown-account' | 'deactivated' | 'no-password' | 'wrong-password';

/** What a check found. */
export type CheckedCredentials =
  | { readonly isRight: true; readonly user: User }
  | { readonly isRight: false; readonly userId: string | null; readonly reason: RefusalReason };

/** Login with address and password. */
@Injectable()
export class LoginService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly hasher: PasswordHasher,
    private readonly throttle: LoginThrottle,
    private readonly completion: LoginCompletion,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * @throws DomainError `invalid-credentials` for every reason a login can fail, `email-not-verified`, `rate-limited`,
   *   `service-busy`, `service-stopping`
   */
  async login(credentials: Credentials): Promise<LoginOutcome> {
    const checked = await this.checkCredentials(credentials);
    if (!checked.isRight) return this.#refuse(checked.userId, checked.reason);
    const outcome = await this.completion.complete(checked.user, { methods: ['pwd'], isMultiFactor: false });
    // The account changed while its password was being checked.
    return outcome ?? this.#refuse(checked.user.id, 'deactivated');
  }

  /**
   * Checks a password with the same work for every outcome, and counts the wrong ones per account and budget. Also for
   * who is logged in and proves it once more.
   *
   * @throws DomainError `rate-limited` while the budget is used up, `service-busy`, `service-stopping`
   */
  async checkCredentials({ email, password, sessionId }: Credentials): Promise<CheckedCredentials> {
    const normalizedEmail = normalizeEmail(email);
    const [user, budget] = await this.database.read(async (em) => {
      const found = await this.users.findByEmail(em, normalizedEmail);
      return [found, await guessBudget(em, found?.id ?? null, sessionId)];
    });
    const userId = user?.id ?? null;
    const attempt: PasswordAttempt = { normalizedEmail, userId, budget };
    await this.throttle.countAttempt(attempt);
    const isRight = await this.#verify(password, user, attempt);
    if (!isRight || !user?.hashedPassword) return { isRight: false, userId, reason: reasonOf(user) };
    await this.throttle.refund(attempt);
    return { isRight: true, user: await this.#renewHash(user, password) };
  }

  async #verify(password: string, user: User | null, attempt: PasswordAttempt): Promise<boolean> {
    try {
      return await this.hasher.verify(
        password,
        user?.isActive === true ? (user.hashedPassword ?? undefined) : undefined,
      );
    } catch (error) {
      await this.throttle.refund(attempt);
      throw error;
    }
  }

  /**
   * Brings the hash to the rounds of today: only here is the password there to be hashed again.
   *
   * @param password what has just been found to be right
   * @returns the user as stored now; as given where the password was changed meanwhile
   */
  async #renewHash(user: User, password: string): Promise<User> {
    const outdated = user.hashedPassword;
    if (!outdated || !this.hasher.isOutdated(outdated)) return user;
    const renewed = await this.hasher.hash(password);
    await this.database.transaction((em) => this.users.renewHash(em, user.id, { outdated, renewed }));
    const stored = await this.database.read((em) => this.users.findByEmail(em, user.email));
    if (!stored?.hashedPassword) return user;
    // Another login may have renewed it first.
    const isSame = stored.hashedPassword === renewed || (await this.hasher.verify(password, stored.hashedPassword));
    return isSame ? stored : user;
  }

  async #refuse(userId: string | null, reason: RefusalReason): Promise<never> {
    await this.trail.record({
      actorId: userId,
      action: 'session.login',
      outcome: 'failure',
      ...(userId !== null && { targetType: 'user', targetId: userId }),
      details: { reason },
    });
    throw new DomainError('invalid-credentials', { headers: { 'www-authenticate': 'Bearer realm="voiceassist"' } });
  }
}

function reasonOf(user: User | null): RefusalReason {
  if (user === null) return 'unknown-account';
  if (!user.isActive) return 'deactivated';
  return user.hashedPassword ? 'wrong-password' : 'no-password';
}
