import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuthConfig } from '../../config/auth.config.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { SecondFactors, type SecondFactorMethod } from '../mfa/second-factors.ts';
import { SessionService, type SessionOpening } from '../sessions/session.service.ts';
import type { TokenPair } from '../sessions/token-issuer.ts';
import { OneTimeTokens, type NewOneTimeToken } from './one-time-tokens.ts';

const STEP_SECONDS = 10 * 60;

/** What a first step has shown. */
export interface PassedStep extends SessionOpening {
  /** True where the step counts for two factors by itself: a passkey that verified its user. */
  readonly isMultiFactor: boolean;
}

/** The token that binds a second step to the first. */
export interface PendingStep {
  readonly token: string;
  readonly expiresInSeconds: number;
}

/** What has to follow the first step of a login. */
export type PendingOutcome =
  | { readonly kind: 'second-factor'; readonly step: PendingStep; readonly methods: readonly SecondFactorMethod[] }
  | { readonly kind: 'enrolment'; readonly step: PendingStep };

/** Where a login stands after its first step. */
export type LoginOutcome = PendingOutcome | { readonly kind: 'tokens'; readonly tokens: TokenPair };

/** What `mfa-challenge` and `mfa-enrolment` tokens carry from the first step to the second. */
export interface StepPayload {
  readonly opening: SessionOpening;
  /** Digest of password and rights at the first step: when they change, the token is invalid. */
  readonly accountState: string;
}

/**
 * What follows the first step of every login, whichever way it was made: password, passkey or single sign-on. Second
 * factors and the rule that asks for them cannot be walked around by choosing another way.
 */
@Injectable()
export class LoginCompletion {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly factors: SecondFactors,
    private readonly tokens: OneTimeTokens,
    private readonly sessions: SessionService,
    private readonly config: AuthConfig,
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
      if (this.config.emailVerification === 'required' && !user.emailVerifiedAt) {
        throw new DomainError('email-not-verified');
      }
      const pending = isMultiFactor ? null : await this.#pendingStep(em, user, opening);
      return pending ?? { kind: 'tokens', tokens: await this.sessions.create(em, user, opening) };
    });
  }

  /** The second step that is required after a first step of one factor; null when none is. */
  async #pendingStep(em: EntityManager, user: User, opening: SessionOpening): Promise<PendingOutcome | null> {
    const methods = await this.factors.methodsOf(em, user.id);
    const payload: StepPayload = { opening, accountState: accountState(user) };
    if (methods.length > 0) {
      const step = await this.#issue(em, { purpose: 'mfa-challenge', userId: user.id, payload });
      return { kind: 'second-factor', step, methods };
    }
    if (!this.config.asksForSecondFactor(user.isAdmin)) return null;
    return { kind: 'enrolment', step: await this.#issue(em, { purpose: 'mfa-enrolment', userId: user.id, payload }) };
  }

  async #issue(em: EntityManager, token: Omit<NewOneTimeToken<StepPayload>, 'lifeSeconds'>): Promise<PendingStep> {
    return {
      token: await this.tokens.issue(em, { ...token, lifeSeconds: STEP_SECONDS }),
      expiresInSeconds: STEP_SECONDS,
    };
  }
}

/** Digest of what must not change between two steps of one login. */
export function accountState({ hashedPassword, sessionsNotBefore, isActive, isAdmin }: User): string {
  const state = [hashedPassword ?? null, sessionsNotBefore?.getTime() ?? null, isActive, isAdmin];
  return createHash('sha256').update(JSON.stringify(state)).digest('hex');
}
