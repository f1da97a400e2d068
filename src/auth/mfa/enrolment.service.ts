import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { DomainError } from '../../problem/domain-error.ts';
import { SessionService } from '../sessions/session.service.ts';
import type { TokenPair } from '../sessions/token-issuer.ts';
import { FactorChanges } from './factor-changes.ts';
import { SecondFactors } from './second-factors.ts';
import { MfaChallenges, type PendingLogin } from './mfa-challenges.ts';
import { TotpFactors } from './totp-factors.ts';
import { totpSetUp, type TotpSetUp } from './totp.ts';

/** A login that has set up the second factor it was asked for. */
export interface EnrolledLogin {
  readonly tokens: TokenPair;
  readonly recoveryCodes: readonly string[];
}

/** The second step of a login of an account that must have a second factor and has none yet. */
@Injectable()
export class EnrolmentService {
  constructor(
    private readonly challenges: MfaChallenges,
    private readonly totp: TotpFactors,
    private readonly changes: FactorChanges,
    private readonly sessions: SessionService,
    private readonly factors: SecondFactors,
  ) {}

  /** @throws DomainError `invalid-mfa-token`, `second-factor-exists` when it was set up meanwhile */
  async begin(mfaToken: string): Promise<TotpSetUp> {
    const { secret, email } = await this.challenges.prepare('mfa-enrolment', mfaToken, async (em, { user }) => {
      await this.#requireNone(em, user.id);
      return { secret: await this.totp.begin(em, user.id), email: user.email };
    });
    if (secret === null) throw new DomainError('second-factor-exists');
    return totpSetUp(secret, email);
  }

  /**
   * Switches the authenticator app on by its first code, and logs in.
   *
   * @throws DomainError `invalid-mfa-token`, `invalid-second-factor`, `no-second-factor` before `begin`,
   *   `second-factor-exists`, `rate-limited`
   */
  confirm(mfaToken: string, code: string): Promise<EnrolledLogin> {
    return this.challenges.verify({
      purpose: 'mfa-enrolment',
      mfaToken,
      refusal: 'invalid-second-factor',
      work: async (em, step) => {
        await this.#requireNone(em, step.user.id);
        await this.totp.requirePending(em, step.user.id);
        return (await this.totp.confirm(em, step.user.id, code)) ? this.#enrol(em, step) : null;
      },
    });
  }

  /** A factor that was added meanwhile must not be walked around with a token from before it. */
  async #requireNone(em: EntityManager, userId: string): Promise<void> {
    if ((await this.factors.count(em, userId)) > 0) throw new DomainError('second-factor-exists');
  }

  async #enrol(em: EntityManager, { user, opening }: PendingLogin): Promise<EnrolledLogin> {
    const recoveryCodes = await this.changes.added(em, {
      user,
      action: 'mfa.totp-enable',
      words: 'An authenticator app was set up.',
      sessionId: null,
      method: 'otp',
    });
    const methods = [...opening.methods, 'otp', 'mfa'] as const;
    const tokens = await this.sessions.create(em, user, { ...opening, methods });
    return { tokens, recoveryCodes: recoveryCodes ?? [] };
  }
}
