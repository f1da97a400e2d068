import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { UserRegistry } from '../../users/users.repository.ts';
import { accountState, type StepPayload } from '../login/pending-steps.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';
import type { SessionOpening } from '../sessions/session.service.ts';
import { SecondFactorFailures } from './second-factor-failures.ts';

const MAX_ATTEMPTS = 5;

/** What the holder of a token has shown in the first step of his login. */
export interface StepInProgress {
  /** Locked, and as it was at the first step. */
  readonly user: User;
  readonly opening: SessionOpening;
}

type Purpose = 'mfa-challenge' | 'mfa-enrolment';
type Work<Result> = (em: EntityManager, step: StepInProgress) => Promise<Result>;

/** A second step to be taken. */
export interface Guess<Result> {
  readonly purpose: Purpose;
  readonly mfaToken: string;
  /** What a wrong guess is answered with. */
  readonly refusal: 'invalid-second-factor' | 'invalid-passkey';
  /** Checks the guess and does what follows when it is right; null means wrong. */
  readonly work: Work<Result | null>;
}

/** The second step of a login, which can be taken only with the token that the first one gave. */
@Injectable()
export class SecondSteps {
  readonly #database: Database;
  readonly #registry: UserRegistry;
  readonly #tokens: OneTimeTokens;
  readonly #failures: SecondFactorFailures;
  readonly #trail: AuditTrail;

  constructor(
    database: Database,
    registry: UserRegistry,
    tokens: OneTimeTokens,
    failures: SecondFactorFailures,
    trail: AuditTrail,
  ) {
    this.#database = database;
    this.#registry = registry;
    this.#tokens = tokens;
    this.#failures = failures;
    this.#trail = trail;
  }

  /** Prepares a step; the token stays good. @throws DomainError `invalid-mfa-token` */
  async prepare<Result>(purpose: Purpose, mfaToken: string, work: Work<Result>): Promise<Result> {
    const userId = await this.#ownerOf(purpose, mfaToken);
    return this.#database.transaction(async (em) => work(em, await this.#find(em, { purpose, mfaToken, userId })));
  }

  /**
   * Takes a step. A right guess uses the token up; a wrong one is counted for the token and for the account.
   *
   * @throws DomainError `invalid-mfa-token`, the refusal of the guess, `rate-limited`
   */
  async take<Result>({ purpose, mfaToken, refusal, work }: Guess<Result>): Promise<Result> {
    const userId = await this.#ownerOf(purpose, mfaToken);
    const result = await this.#failures.around(userId, () =>
      this.#database.transaction(async (em) => {
        const step = await this.#find(em, { purpose, mfaToken, userId });
        const right = await work(em, step);
        if (right === null) await this.#noteWrong(em, mfaToken, userId);
        else await this.#tokens.redeem(em, purpose, mfaToken);
        return right;
      }),
    );
    if (result === null) throw new DomainError(refusal);
    return result;
  }

  /** Told apart from the step itself, because the account is locked before the token, as everywhere. */
  async #ownerOf(purpose: Purpose, mfaToken: string): Promise<string> {
    const found = await this.#database.transaction((em) => this.#tokens.find(em, purpose, mfaToken));
    if (found?.userId == null || found.attempts >= MAX_ATTEMPTS) throw new DomainError('invalid-mfa-token');
    return found.userId;
  }

  async #find(
    em: EntityManager,
    { purpose, mfaToken, userId }: { purpose: Purpose; mfaToken: string; userId: string },
  ): Promise<StepInProgress> {
    const user = await this.#registry.findLocked(em, userId);
    const found = await this.#tokens.find<StepPayload>(em, purpose, mfaToken);
    const isGood =
      user?.isActive === true &&
      found?.userId === userId &&
      found.attempts < MAX_ATTEMPTS &&
      found.payload.accountState === accountState(user);
    if (!isGood) throw new DomainError('invalid-mfa-token');
    return { user, opening: found.payload.opening };
  }

  async #noteWrong(em: EntityManager, mfaToken: string, userId: string): Promise<void> {
    await this.#tokens.noteAttempt(em, mfaToken);
    await this.#trail.append(em, {
      actorId: userId,
      action: 'mfa.challenge',
      outcome: 'failure',
      targetType: 'user',
      targetId: userId,
    });
  }
}
