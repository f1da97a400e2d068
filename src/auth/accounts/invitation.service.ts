import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Principal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { AccountMails } from './account-mails.ts';

/** Somebody whom an administrator invites. */
export interface Invitation {
  readonly email: string;
  readonly fullName: string | null;
  readonly isAdmin: boolean;
}

/** Accounts that administrators open for others, who choose the password themselves. */
@Injectable()
export class InvitationService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly mails: AccountMails,
    private readonly trail: AuditTrail,
  ) {}

  /** @throws DomainError `email-taken`, `rate-limited`, `mail-not-configured` */
  async invite(principal: Principal, { email, fullName, isAdmin }: Invitation): Promise<User> {
    this.mails.requireDelivery();
    await this.mails.requireAllowance(email);
    const user = await this.database.transaction(async (em) => {
      await this.#requireAdministrator(em, principal);
      const invited = await this.users.insert(em, { email, fullName, hashedPassword: null, isAdmin });
      await this.#send(em, principal, invited);
      return invited;
    });
    this.mails.wake();
    return user;
  }

  /** Sends the link again. @throws DomainError `not-found`, `invitation-accepted`, `rate-limited`, `mail-not-configured` */
  async sendAgain(principal: Principal, userId: string): Promise<void> {
    this.mails.requireDelivery();
    const found = await this.database.read((em) => this.users.findById(em, userId));
    if (found === null) throw new DomainError('not-found');
    await this.mails.requireAllowance(found.email);
    await this.database.transaction(async (em) => {
      await this.#requireAdministrator(em, principal);
      const user = await this.users.findById(em, userId);
      if (user === null) throw new DomainError('not-found');
      if (!user.isActive || user.hashedPassword || (await hasIdentity(em, userId))) {
        throw new DomainError('invitation-accepted');
      }
      await this.#send(em, principal, user);
    });
    this.mails.wake();
  }

  async #send(em: EntityManager, principal: Principal, { id, isAdmin }: User): Promise<void> {
    await this.mails.request(em, 'invitation', id);
    await this.trail.append(em, {
      actorId: principal.userId,
      action: 'user.invite',
      outcome: 'success',
      targetType: 'user',
      targetId: id,
      details: { role: isAdmin ? 'admin' : 'user' },
    });
  }

  /** The guard has asked before; meanwhile another administrator may have taken the role away. */
  async #requireAdministrator(em: EntityManager, { userId }: Principal): Promise<void> {
    const actor = await this.users.findLocked(em, userId);
    if (actor?.isAdmin !== true || !actor.isActive) throw new DomainError('forbidden');
  }
}

/** Somebody who logs in through another issuer has no invitation to accept. */
async function hasIdentity(em: EntityManager, userId: string): Promise<boolean> {
  const rows = await em.execute<unknown[]>('select 1 from identities where user_id = ? limit 1', [userId]);
  return rows.length > 0;
}
