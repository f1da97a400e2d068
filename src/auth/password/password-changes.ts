import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Notifier } from '../../notifications/notifier.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { revokeAccessTokens } from '../access-tokens/access-tokens.service.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';
import { endOtherSessions } from '../sessions/session-records.ts';

/** What a change of password ends, whom it tells and what it leaves in the trail. */
@Injectable()
export class PasswordChanges {
  constructor(
    private readonly users: UsersRepository,
    private readonly tokens: OneTimeTokens,
    private readonly notifier: Notifier,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * For a user who has proved to know the password; the session `sessionId` stays.
   *
   * @param user the account as it was when its password was checked
   * @throws DomainError `wrong-password` when it has another one by now
   */
  async change(em: EntityManager, user: User, change: { hashedPassword: string; sessionId: string }): Promise<void> {
    const now = await this.users.findLocked(em, user.id);
    if (now?.hashedPassword !== user.hashedPassword) throw new DomainError('wrong-password');
    await this.users.replacePassword(em, user.id, change.hashedPassword);
    await endOtherSessions(em, { userId: user.id, sessionId: change.sessionId }, 'password-change');
    // Whoever asked for these may be the reason for the change.
    await this.tokens.withdraw(em, user.id, 'password-reset', 'email-change');
    await this.#conclude(em, user, 'user.password-change');
  }

  /**
   * For somebody who receives mail at the address of the account, which the caller has locked. Every session and
   * token that existed before ends; confirmed second factors stay, and are asked for at the next login.
   */
  async reset(em: EntityManager, user: User, hashedPassword: string): Promise<void> {
    // Whoever opened the account under an address that was never proved may log in through a provider: not any more.
    if (!user.emailVerifiedAt) await em.execute('delete from identities where user_id = ?', [user.id]);
    await this.users.replacePassword(em, user.id, hashedPassword);
    await this.users.markEmailVerified(em, user.id);
    await em.execute('delete from totp_factors where user_id = ? and confirmed_at is null', [user.id]);
    await endOtherSessions(em, { userId: user.id, sessionId: null }, 'password-reset');
    await revokeAccessTokens(em, user.id);
    await this.tokens.withdrawAll(em, user.id);
    await this.#conclude(em, user, 'user.password-reset');
  }

  /** Starts the delivery of the notice; call it after the transaction. */
  notify(): void {
    this.notifier.wake();
  }

  async #conclude(
    em: EntityManager,
    { id, email }: User,
    action: 'user.password-change' | 'user.password-reset',
  ): Promise<void> {
    const how = action === 'user.password-reset' ? 'reset' : 'changed';
    await this.notifier.queue(em, { userId: id, to: email, template: 'password-changed', values: { how } });
    await this.trail.append(em, { actorId: id, action, outcome: 'success', targetType: 'user', targetId: id });
  }
}
