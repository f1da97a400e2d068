import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { AuthConfig } from '../../config/auth.config.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { FactorOwnerLock } from './factor-owner-lock.ts';
import { FactorChanges } from './factor-changes.ts';
import { SecondFactors, type SecondFactorState } from './second-factors.ts';
import { TotpFactors } from './totp-factors.ts';
import { totpSetUp, type TotpSetUp } from './totp.ts';

/** The second factors of an account. */
export interface MfaState extends SecondFactorState {
  /** Whether this server asks the account for a second factor. */
  readonly isRequired: boolean;
}

/** The own authenticator app and recovery codes. */
@Injectable()
export class MfaService {
  constructor(
    private readonly database: Database,
    private readonly ownerLock: FactorOwnerLock,
    private readonly totp: TotpFactors,
    private readonly changes: FactorChanges,
    private readonly factors: SecondFactors,
    private readonly config: AuthConfig,
    private readonly trail: AuditTrail,
  ) {}

  /** Which second factors the own account has. */
  async read({ userId, role }: SessionPrincipal): Promise<MfaState> {
    const state = await this.database.read((em) => this.factors.stateOf(em, userId));
    return { ...state, isRequired: this.config.asksForSecondFactor(role === 'admin') };
  }

  /** A secret that waits for its first code. @throws DomainError `second-factor-exists` */
  async setUpTotp(principal: SessionPrincipal): Promise<TotpSetUp> {
    const secret = await this.database.transaction(async (em) => {
      await this.ownerLock.lock(em, principal);
      return this.totp.begin(em, principal.userId);
    });
    if (secret === null) throw new DomainError('second-factor-exists');
    return totpSetUp(secret, principal.email);
  }

  /**
   * Switches the authenticator app on by its first code.
   *
   * @returns recovery codes; null when the account has some already
   * @throws DomainError `second-factor-exists`, `no-second-factor`, `wrong-second-factor`, `rate-limited`
   */
  async confirmTotp(principal: SessionPrincipal, code: string): Promise<readonly string[] | null> {
    const confirmed = await this.ownerLock.verifyFactor(principal, (em) => this.#confirm(em, principal, code));
    return confirmed.recoveryCodes;
  }

  /** @throws DomainError `not-found`, `second-factor-required` */
  async removeTotp(principal: SessionPrincipal): Promise<void> {
    await this.database.transaction(async (em) => {
      const user = await this.ownerLock.lock(em, principal);
      if (!(await this.totp.remove(em, user.id))) throw new DomainError('not-found');
      const words = 'The authenticator app was removed.';
      await this.changes.removed(em, { user, action: 'mfa.totp-disable', words });
    });
  }

  /** Ten new recovery codes instead of the old ones. @throws DomainError `no-second-factor` */
  renewRecoveryCodes(principal: SessionPrincipal): Promise<readonly string[]> {
    return this.database.transaction(async (em) =>
      this.changes.renewRecoveryCodes(em, await this.ownerLock.lock(em, principal)),
    );
  }

  async #confirm(
    em: EntityManager,
    principal: SessionPrincipal,
    code: string,
  ): Promise<{ recoveryCodes: readonly string[] | null } | null> {
    const user = await this.ownerLock.lock(em, principal);
    await this.totp.requirePending(em, user.id);
    if (!(await this.totp.confirm(em, user.id, code))) {
      await this.trail.append(em, {
        actorId: user.id,
        action: 'mfa.totp-enable',
        outcome: 'failure',
        targetType: 'user',
        targetId: user.id,
      });
      return null;
    }
    const recoveryCodes = await this.changes.added(em, {
      user,
      action: 'mfa.totp-enable',
      words: 'An authenticator app was set up.',
      sessionId: principal.sessionId,
      method: 'otp',
    });
    return { recoveryCodes };
  }
}
