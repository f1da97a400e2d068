import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { accountState, type StepPayload } from '../login/login-completion.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';
import type { SessionOpening } from '../sessions/session.service.ts';
import { SecondFactorFailures } from './second-factor-failures.ts';

const MAX_ATTEMPTS = 5;

/** A login after its first step. */
export interface PendingLogin {
  /** Locked, and as it was at the first step. */
  readonly user: User;
  readonly opening: SessionOpening;
}

type Purpose = 'mfa-challenge' | 'mfa-enrolment';
type Work<Result> = (em: EntityManager, login: PendingLogin) => Promise<Result>;

/** One attempt at a second factor. */
export interface ChallengeAttempt<Result> {
  readonly purpose: Purpose;
  readonly mfaToken: string;
  /** Problem code of a wrong attempt. */
  readonly refusal: 'invalid-second-factor' | 'invalid-passkey';
  /** Checks the factor and does what follows when it is right; null means wrong. */
  readonly work: Work<Result | null>;
}

/** The second step of a login: needs the token that the first step returned. */
@Injectable()
export class MfaChallenges {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly tokens: OneTimeTokens,
    private readonly failures: SecondFactorFailures,
    private readonly trail: AuditTrail,
  ) {}

  /** Prepares the second step; the token stays valid. @throws DomainError `invalid-mfa-token` */
  async prepare<Result>(purpose: Purpose, mfaToken: string, work: Work<Result>): Promise<Result> {
    const userId = await this.#ownerOf(purpose, mfaToken);
    return this.database.transaction(async (em) => work(em, await this.#lock(em, { purpose, mfaToken, userId })));
  }

  /**
   * Verifies an attempt. A right one uses the token up; a wrong one is counted for the token and for the account.
   *
   * @throws DomainError `invalid-mfa-token`, the refusal of the attempt, `rate-limited`
   */
  async verify<Result>({ purpose, mfaToken, refusal, work }: ChallengeAttempt<Result>): Promise<Result> {
    const userId = await this.#ownerOf(purpose, mfaToken);
    const result = await this.failures.countAttempt({ userId }, () =>
      this.database.transaction(async (em) => {
        const step = await this.#lock(em, { purpose, mfaToken, userId });
        const right = await work(em, step);
        if (right === null) await this.#recordFailure(em, mfaToken, userId);
        else await this.tokens.redeem(em, purpose, mfaToken);
        return right;
      }),
    );
    if (result === null) throw new DomainError(refusal);
    return result;
  }

  /** In a transaction of its own, because the account is locked before the token, as everywhere. */
  async #ownerOf(purpose: Purpose, mfaToken: string): Promise<string> {
    const found = await this.database.transaction((em) => this.tokens.lock(em, purpose, mfaToken));
    if (found?.userId == null || found.attempts >= MAX_ATTEMPTS) throw new DomainError('invalid-mfa-token');
    return found.userId;
  }

  async #lock(
    em: EntityManager,
    { purpose, mfaToken, userId }: { purpose: Purpose; mfaToken: string; userId: string },
  ): Promise<PendingLogin> {
    const user = await this.users.findLocked(em, userId);
    const found = await this.tokens.lock<StepPayload>(em, purpose, mfaToken);
    const isGood =
      user?.isActive === true &&
      found?.userId === userId &&
      found.attempts < MAX_ATTEMPTS &&
      found.payload.accountState === accountState(user);
    if (!isGood) throw new DomainError('invalid-mfa-token');
    return { user, opening: found.payload.opening };
  }

  async #recordFailure(em: EntityManager, mfaToken: string, userId: string): Promise<void> {
    await this.tokens.recordAttempt(em, mfaToken);
    await this.trail.append(em, {
      actorId: userId,
      action: 'mfa.challenge',
      outcome: 'failure',
      targetType: 'user',
      targetId: userId,
    });
  }
}
