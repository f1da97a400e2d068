import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Notifier } from '../../notifications/notifier.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';
import { AccountLinks } from './account-links.ts';

/** The steps of a change of address, with the messages to both sides. */
@Injectable()
export class AddressChanges {
  constructor(
    private readonly users: UsersRepository,
    private readonly tokens: OneTimeTokens,
    private readonly links: AccountLinks,
    private readonly notifier: Notifier,
  ) {}

  /**
   * Writes to the new address and to the one of now. The link is made in any case, so that a taken address costs what a
   * free one costs; only the owner of a free one gets it.
   */
  async announce(em: EntityManager, userId: string, newEmail: string): Promise<void> {
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
  async carryOut(em: EntityManager, token: string): Promise<User> {
    const { user, newEmail } = await this.links.redeem(em, 'email-change', token);
    if (newEmail === null) throw new DomainError('one-time-token-invalid');
    await this.users.replaceEmail(em, user.id, newEmail);
    await this.tokens.withdraw(em, user.id, 'email-verification', 'password-reset', 'invitation');
    for (const to of [user.email, newEmail]) {
      await this.notifier.queue(em, { userId: user.id, to, template: 'email-changed', values: { newEmail } });
    }
    return user;
  }

  /** Starts the delivery; call it after the transaction. */
  notify(): void {
    this.notifier.wake();
  }
}
