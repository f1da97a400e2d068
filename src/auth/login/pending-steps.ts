import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuthConfig } from '../../config/auth.config.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { SecondFactors, type SecondFactorMethod } from '../mfa/second-factors.ts';
import { OneTimeTokens, type NewOneTimeToken } from './one-time-tokens.ts';
import type { SessionOpening } from '../sessions/session.service.ts';

const STEP_SECONDS = 10 * 60;

/** The token that binds a second step to the first. */
export interface PendingStep {
  readonly token: string;
  readonly expiresInSeconds: number;
}

/** What has to follow the first step of a login. */
export type PendingOutcome =
  | { readonly kind: 'second-factor'; readonly step: PendingStep; readonly methods: readonly SecondFactorMethod[] }
  | { readonly kind: 'enrolment'; readonly step: PendingStep };

/** What `mfa-challenge` and `mfa-enrolment` tokens carry from the first step to the second. */
export interface StepPayload {
  readonly opening: SessionOpening;
  /** Digest of password and rights at the first step: when they change, the token is invalid. */
  readonly accountState: string;
}

/** Decides what a login still needs after its first step. */
@Injectable()
export class LoginRequirements {
  constructor(
    private readonly factors: SecondFactors,
    private readonly tokens: OneTimeTokens,
    private readonly config: AuthConfig,
  ) {}

  /** @throws DomainError `email-not-verified` where EMAIL_VERIFICATION asks for it */
  requireVerifiedEmail(user: User): void {
    if (this.config.emailVerification === 'required' && !user.emailVerifiedAt) {
      throw new DomainError('email-not-verified');
    }
  }

  /** The second step that is required after a first step of one factor; null when none is. */
  async next(em: EntityManager, user: User, opening: SessionOpening): Promise<PendingOutcome | null> {
    const methods = await this.factors.methodsOf(em, user.id);
    const payload: StepPayload = { opening, accountState: accountState(user) };
    if (methods.length > 0) {
      const step = await this.#issue(em, { purpose: 'mfa-challenge', userId: user.id, payload });
      return { kind: 'second-factor', step, methods };
    }
    if (!this.mustHaveSecondFactor(user)) return null;
    return { kind: 'enrolment', step: await this.#issue(em, { purpose: 'mfa-enrolment', userId: user.id, payload }) };
  }

  /** Whether MFA_REQUIRED asks this account for a second factor. */
  mustHaveSecondFactor({ isAdmin }: Pick<User, 'isAdmin'>): boolean {
    return this.config.asksForSecondFactor(isAdmin);
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
