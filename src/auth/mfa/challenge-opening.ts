import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Notifier } from '../../notifications/notifier.ts';
import { LoginCompletion } from '../login/login-completion.ts';
import type { TokenPair } from '../sessions/token-issuer.ts';
import { RecoveryCodes } from './recovery-codes.ts';
import type { SecondFactorMethod } from './second-factors.ts';
import type { PendingLogin } from './challenge-attempts.ts';

/** Opens the session of a login after its second step. */
@Injectable()
export class ChallengeOpening {
  constructor(
    private readonly completion: LoginCompletion,
    private readonly recovery: RecoveryCodes,
    private readonly notifier: Notifier,
    private readonly trail: AuditTrail,
  ) {}

  /** @param method what the second step was made with */
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
    return this.completion.openSession(em, user, { ...opening, methods: [...opening.methods, shown, 'mfa'] });
  }
}
