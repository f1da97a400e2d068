import { Injectable } from '@nestjs/common';
import { DomainError } from '../../problem/domain-error.ts';
import { ChallengeOpening } from '../mfa/challenge-opening.ts';
import { SecondSteps } from '../mfa/challenge-attempts.ts';
import type { TokenPair } from '../sessions/token-issuer.ts';
import { PasskeyAssertions, type AssertionAnswer, type AssertionQuestion } from './passkey-assertions.ts';

/** A passkey as the second step of a login. */
@Injectable()
export class PasskeyChallengeService {
  readonly #steps: SecondSteps;
  readonly #assertions: PasskeyAssertions;
  readonly #opening: ChallengeOpening;

  constructor(steps: SecondSteps, assertions: PasskeyAssertions, opening: ChallengeOpening) {
    this.#steps = steps;
    this.#assertions = assertions;
    this.#opening = opening;
  }

  /** @throws DomainError `invalid-mfa-token`, `no-second-factor` when the account has no passkey */
  async ask(mfaToken: string): Promise<AssertionQuestion> {
    const question = await this.#steps.prepare('mfa-challenge', mfaToken, (em, { user }) =>
      this.#assertions.ask(em, { kind: 'challenge', userId: user.id, mfaToken }),
    );
    if (question === null) throw new DomainError('no-second-factor');
    return question;
  }

  /** @throws DomainError `invalid-mfa-token`, `invalid-passkey`, `rate-limited` */
  answer(mfaToken: string, answer: AssertionAnswer): Promise<TokenPair> {
    return this.#steps.take({
      purpose: 'mfa-challenge',
      mfaToken,
      refusal: 'invalid-passkey',
      work: async (em, step) => {
        const use = { kind: 'challenge', userId: step.user.id, mfaToken } as const;
        const { isRight } = await this.#assertions.check(em, use, answer);
        return isRight ? this.#opening.open(em, step, 'passkey') : null;
      },
    });
  }
}
