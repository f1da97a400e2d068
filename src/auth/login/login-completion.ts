import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Database } from '../../persistence/database.ts';
import type { User } from '../../users/user.entity.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { SessionService, type SessionOpening } from '../sessions/session.service.ts';
import { TokenIssuer, type TokenPair } from '../sessions/token-issuer.ts';
import { LoginRequirements, type PendingOutcome } from './pending-steps.ts';

/** What a first step has shown. */
export interface PassedStep extends SessionOpening {
  /** True where the step counts for two factors by itself: a passkey that verified its user. */
  readonly isMultiFactor: boolean;
}

/** Where a login stands after its first step. */
export type LoginOutcome = PendingOutcome | { readonly kind: 'tokens'; readonly tokens: TokenPair };

/**
 * What follows the first step of every login, whichever way it was made: password, passkey or single sign-on. Second
 * factors and the rule that asks for them cannot be walked around by choosing another way.
 */
@Injectable()
export class LoginCompletion {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly requirements: LoginRequirements,
    private readonly sessions: SessionService,
    private readonly issuer: TokenIssuer,
  ) {}

  /**
   * Opens the session, or asks for the second step.
   *
   * @param checked the account as it was when its first step was checked
   * @returns null when the account was deactivated or got another password meanwhile
   * @throws DomainError `email-not-verified` where EMAIL_VERIFICATION asks for it
   */
  complete(checked: User, { isMultiFactor, ...opening }: PassedStep): Promise<LoginOutcome | null> {
    return this.database.transaction(async (em) => {
      const user = await this.users.findLocked(em, checked.id);
      if (user?.isActive !== true || user.hashedPassword !== checked.hashedPassword) return null;
      this.requirements.requireVerifiedEmail(user);
      const pending = isMultiFactor ? null : await this.requirements.next(em, user, opening);
      return pending ?? { kind: 'tokens', tokens: await this.openSession(em, user, opening) };
    });
  }

  /** Opens the session of a login that has passed every step; the caller has locked the account. */
  async openSession(em: EntityManager, user: User, opening: SessionOpening): Promise<TokenPair> {
    return this.issuer.issue(await this.sessions.create(em, user, opening));
  }
}
