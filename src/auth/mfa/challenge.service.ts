import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Notifier } from '../../notifications/notifier.ts';
import { SessionService } from '../sessions/session.service.ts';
import type { TokenPair } from '../sessions/token-issuer.ts';
import { MfaChallenges, type PendingLogin } from './mfa-challenges.ts';
import { RecoveryCodes } from './recovery-codes.ts';
import { SecondFactors, type SecondFactorMethod } from './second-factors.ts';

/** The second step of a login of an account that has a second factor. */
@Injectable()
export class ChallengeService {
  constructor(
    private readonly challenges: MfaChallenges,
    private readonly factors: SecondFactors,
    private readonly recovery: RecoveryCodes,
    private readonly sessions: SessionService,
    private readonly notifier: Notifier,
    private readonly trail: AuditTrail,
  ) {}

  /** @throws DomainError `invalid-mfa-token`, `invalid-second-factor`, `rate-limited` */
  answer(mfaToken: string, code: string): Promise<TokenPair> {
    return this.challenges.verify({
      purpose: 'mfa-challenge',
      mfaToken,
      refusal: 'invalid-second-factor',
      work: async (em, step) => {
        const method = await this.factors.accept(em, step.user.id, code);
        return method === null ? null : this.openSession(em, step, method);
      },
    });
  }

  /**
   * Opens the session of a login after its second step.
   *
   * @param method what the second step was made with
   */
  async openSession(
    em: EntityManager,
    { user, opening }: PendingLogin,
    method: SecondFactorMethod,
  ): Promise<TokenPair> {
    if (method === 'recovery_code') {
      const left = await this.recovery.count(em, user.id);
      await this.notifier.queue(em, {
        userId: user.id,
        to: user.email,
        template: 'second-factor-changed',
        values: { change: `A recovery code was used to log in. Codes left: ${left}.` },
      });
    }
    await this.trail.append(em, {
      actorId: user.id,
      action: 'mfa.challenge',
      outcome: 'success',
      targetType: 'user',
      targetId: user.id,
      details: { method },
    });
    const shown = method === 'passkey' ? 'hwk' : 'otp';
    return this.sessions.create(em, user, { ...opening, methods: [...opening.methods, shown, 'mfa'] });
  }
}
