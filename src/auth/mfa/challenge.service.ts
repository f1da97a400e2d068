import { Injectable } from '@nestjs/common';
import type { TokenPair } from '../sessions/token-issuer.ts';
import { ChallengeOpening } from './challenge-opening.ts';
import { SecondFactorCheck } from './second-factor-check.ts';
import { MfaChallenges } from './challenge-attempts.ts';

/** The second step of a login of an account that has a second factor. */
@Injectable()
export class ChallengeService {
  constructor(
    private readonly challenges: MfaChallenges,
    private readonly check: SecondFactorCheck,
    private readonly opening: ChallengeOpening,
  ) {}

  /** @throws DomainError `invalid-mfa-token`, `invalid-second-factor`, `rate-limited` */
  answer(mfaToken: string, code: string): Promise<TokenPair> {
    return this.challenges.verify({
      purpose: 'mfa-challenge',
      mfaToken,
      refusal: 'invalid-second-factor',
      work: async (em, step) => {
        const method = await this.check.accept(em, step.user.id, code);
        return method === null ? null : this.opening.openSession(em, step, method);
      },
    });
  }
}
