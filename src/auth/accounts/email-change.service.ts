import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { normalizeEmail } from '../../users/users.repository.ts';
import { lockLivingSession } from '../sessions/session-records.ts';
import { AccountMails } from './account-mails.ts';
import { AddressChanges } from './address-changes.ts';

/** Moves an account to another address, once its owner has shown to receive mail there. */
@Injectable()
export class EmailChangeService {
  constructor(
    private readonly database: Database,
    private readonly mails: AccountMails,
    private readonly changes: AddressChanges,
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
      await this.changes.announce(em, principal.userId, normalizeEmail(newEmail));
      await this.#record(em, principal.userId, 'user.email-change-request');
    });
    this.changes.notify();
  }

  /** @throws DomainError `one-time-token-invalid`, `email-taken` when somebody else was quicker */
  async confirm(token: string): Promise<void> {
    await this.database.transaction(async (em) => {
      const user: User = await this.changes.carryOut(em, token);
      await this.#record(em, user.id, 'user.email-change');
    });
    this.changes.notify();
  }

  async #record(em: EntityManager, userId: string, action: string): Promise<void> {
    await this.trail.append(em, {
      actorId: userId,
      action,
      outcome: 'success',
      targetType: 'user',
      targetId: userId,
    });
  }
}
