import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Notifier } from '../../notifications/notifier.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { normalizeEmail, UsersRepository } from '../../users/users.repository.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';
import { lockLivingSession } from '../sessions/session-records.ts';
import { AccountLinks } from './account-links.ts';
import { AccountMails } from './account-mails.ts';

/** Moves an account to another address, once its owner has shown to receive mail there. */
@Injectable()
export class EmailChangeService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly tokens: OneTimeTokens,
    private readonly links: AccountLinks,
    private readonly mails: AccountMails,
    private readonly notifier: Notifier,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * Asks for a change. Whether the address belongs to somebody else is told to that somebody alone.
   *
   * @throws DomainError `validation-failed` for the address of now, `rate-limited`, `mail-not-configured`
   */
  async request(principal: SessionPrincipal, newEmail: string): Promise<void> {
    this.mails.requireDelivery();
    if (normalizeEmail(newEmail) === principal.email) {
      const detail = 'The account has this address already.';
      throw new DomainError('validation-failed', { errors: [{ pointer: '/new_email', detail }] });
    }
    await this.mails.requireAllowance(newEmail);
    await this.database.transaction(async (em) => {
      await lockLivingSession(em, principal);
      await this.#announce(em, principal.userId, normalizeEmail(newEmail));
      await this.#record(em, principal.userId, 'user.email-change-request');
    });
    this.notifier.wake();
  }

  /** @throws DomainError `one-time-token-invalid`, `email-taken` when somebody else was quicker */
  async confirm(token: string): Promise<void> {
    await this.database.transaction(async (em) => {
      const user = await this.#carryOut(em, token);
      await this.#record(em, user.id, 'user.email-change');
    });
    this.notifier.wake();
  }

  /**
   * Writes to the new address and to the one of now. The link is made in any case, so that a taken address costs what a
   * free one costs; only the owner of a free one gets it.
   */
  async #announce(em: EntityManager, userId: string, newEmail: string): Promise<void> {
    const user = await this.users.findLocked(em, userId);
    if (user === null) throw new DomainError('unauthenticated');
    const owner = await this.users.findByEmail(em, newEmail);
    const link = await this.links.make(em, 'email-change', { id: user.id, email: user.email, newEmail });
    if (owner === null) {
      const template = 'email-change-confirmation';
      await this.notifier.queue(em, { userId, to: newEmail, template, values: link });
    } else {
      const values = { link: this.links.page('forgot-password') };
      await this.notifier.queue(em, { userId: owner.id, to: owner.email, template: 'account-exists', values });
    }
    await this.notifier.queue(em, {
      userId,
      to: user.email,
      template: 'email-change-requested',
      values: { newEmail },
    });
  }

  /** Moves the account that a token is for. Links that were sent to the old address are good no more. */
  async #carryOut(em: EntityManager, token: string): Promise<User> {
    const { user, newEmail } = await this.links.redeem(em, 'email-change', token);
    if (newEmail === null) throw new DomainError('one-time-token-invalid');
    await this.users.replaceEmail(em, user.id, newEmail);
    await this.tokens.withdraw(em, user.id, 'email-verification', 'password-reset', 'invitation');
    for (const to of [user.email, newEmail]) {
      await this.notifier.queue(em, { userId: user.id, to, template: 'email-changed', values: { newEmail } });
    }
    return user;
  }

  async #record(
    em: EntityManager,
    userId: string,
    action: 'user.email-change-request' | 'user.email-change',
  ): Promise<void> {
    await this.trail.append(em, {
      actorId: userId,
      action,
      outcome: 'success',
      targetType: 'user',
      targetId: userId,
    });
  }
}
