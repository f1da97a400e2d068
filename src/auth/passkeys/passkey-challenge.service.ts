import { Injectable } from '@nestjs/common';
import { DomainError } from '../../problem/domain-error.ts';
import { MfaChallenges } from '../mfa/mfa-challenges.ts';
import { ChallengeService } from '../mfa/challenge.service.ts';
import type { TokenPair } from '../sessions/token-issuer.ts';
import { PasskeyAssertions, type AssertionAnswer, type AuthenticationOptions } from './passkey-assertions.ts';

/** A passkey as the second step of a login. */
@Injectable()
export class PasskeyChallengeService {
  constructor(
    private readonly challenges: MfaChallenges,
    private readonly assertions: PasskeyAssertions,
    private readonly challenge: ChallengeService,
  ) {}

  /** @throws DomainError `invalid-mfa-token`, `no-second-factor` when the account has no passkey */
  async createOptions(mfaToken: string): Promise<AuthenticationOptions> {
    const question = await this.challenges.prepare('mfa-challenge', mfaToken, (em, { user }) =>
      this.assertions.createOptions(em, { kind: 'challenge', userId: user.id, mfaToken }),
    );
    if (question === null) throw new DomainError('no-second-factor');
    return question;
  }

  /** @throws DomainError `invalid-mfa-token`, `invalid-passkey`, `rate-limited` */
  answer(mfaToken: string, answer: AssertionAnswer): Promise<TokenPair> {
    return this.challenges.verify({
      purpose: 'mfa-challenge',
      mfaToken,
      refusal: 'invalid-passkey',
      work: async (em, step) => {
        const use = { kind: 'challenge', userId: step.user.id, mfaToken } as const;
        const { isRight } = await this.assertions.verify(em, use, answer);
        return isRight ? this.challenge.openSession(em, step, 'passkey') : null;
      },
    });
  }
}
