import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { AuthConfig } from '../../config/auth.config.ts';
import { Notifier } from '../../notifications/notifier.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { endOtherSessions } from '../sessions/session-records.ts';
import { RecoveryCodes } from './recovery-codes.ts';
import { SecondFactors } from './second-factors.ts';

/** A change of the second factors of an account. */
export type FactorChange = {
  /** Locked. */
  readonly user: User;
  /** What happened, in a sentence to the user. */
  readonly words: string;
} & (
  | { readonly action: 'mfa.totp-enable' | 'mfa.totp-disable' | 'mfa.recovery-codes-renew' }
  | { readonly action: 'passkey.add' | 'passkey.remove'; readonly passkeyId: string }
);

/** A second factor that was added. */
export type FactorAddition = FactorChange & {
  /** Session that it was added in; null when it was added before there was one. */
  readonly sessionId: string | null;
  /** How the user has just used it (RFC 8176 section 2). */
  readonly method: 'otp' | 'hwk';
};

/** What goes along with every change of second factors: recovery codes, sessions, a mail, a row in the trail. */
@Injectable()
export class FactorChanges {
  constructor(
    private readonly factors: SecondFactors,
    private readonly recovery: RecoveryCodes,
    private readonly notifier: Notifier,
    private readonly trail: AuditTrail,
    private readonly config: AuthConfig,
  ) {}

  /**
   * After a factor was added. The first one ends all other sessions, which a password alone has opened; the session of
   * the addition has now shown both.
   *
   * @returns new recovery codes when the account had none, else null
   */
  async added(em: EntityManager, addition: FactorAddition): Promise<readonly string[] | null> {
    const { user, sessionId, method } = addition;
    const isFirst = (await this.factors.count(em, user.id)) === 1;
    if (isFirst) await endOtherSessions(em, { userId: user.id, sessionId }, 'second-factor');
    if (sessionId !== null) await recordMethods(em, sessionId, [method, 'mfa']);
    const left = await this.recovery.count(em, user.id);
    const codes = left === 0 ? await this.recovery.renew(em, user.id) : null;
    await this.#notify(em, addition);
    return codes;
  }

  /** After a factor was removed. @throws DomainError `second-factor-required` when it must not have been the last one */
  async removed(em: EntityManager, change: FactorChange): Promise<void> {
    if ((await this.factors.count(em, change.user.id)) === 0) {
      if (this.config.asksForSecondFactor(change.user.isAdmin)) throw new DomainError('second-factor-required');
      await this.recovery.forget(em, change.user.id);
    }
    await this.#notify(em, change);
  }

  /** Ten new recovery codes instead of the old ones. @throws DomainError `no-second-factor` */
  async renewRecoveryCodes(em: EntityManager, user: User): Promise<readonly string[]> {
    if ((await this.factors.count(em, user.id)) === 0) throw new DomainError('no-second-factor');
    const codes = await this.recovery.renew(em, user.id);
    await this.#notify(em, {
      user,
      action: 'mfa.recovery-codes-renew',
      words: 'New recovery codes were made; the old ones no longer work.',
    });
    return codes;
  }

  async #notify(em: EntityManager, change: FactorChange): Promise<void> {
    const { user, words } = change;
    await this.notifier.queue(em, {
      userId: user.id,
      to: user.email,
      template: 'second-factor-changed',
      values: { change: words },
    });
    const success = { actorId: user.id, outcome: 'success' } as const;
    await this.trail.append(
      em,
      'passkeyId' in change
        ? { ...success, action: change.action, targetType: 'passkey', targetId: change.passkeyId }
        : { ...success, action: change.action, targetType: 'user', targetId: user.id },
    );
  }
}

/** Adds to how the user of a session was authenticated. */
async function recordMethods(em: EntityManager, sessionId: string, methods: readonly string[]): Promise<void> {
  for (const method of methods) {
    await em.execute(
      `update sessions set methods = methods || ' ' || ?
       where id = ? and not (? = any(string_to_array(methods, ' ')))`,
      [method, sessionId, method],
    );
  }
}
