import { Injectable } from '@nestjs/common';
import type { Principal } from '../access/principal.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import { Database } from '../persistence/database.ts';
import { DomainError } from '../problem/domain-error.ts';
import { Sealer } from '../secrets/sealer.ts';
import { AccountLifecycle } from './account-lifecycle.ts';
import { isLastAdministrator, lockWithAdministrators } from './account-lock.ts';
import { User } from './user.entity.ts';

/** The two ways in which an account goes: closed by its owner, and deleted for good by an administrator. */
@Injectable()
export class AccountDeletionService {
  constructor(
    private readonly database: Database,
    private readonly trail: AuditTrail,
    private readonly lifecycle: AccountLifecycle,
    private readonly sealer: Sealer,
  ) {}

  /**
   * Deactivates the own account and ends all that runs in its name. An administrator can activate it again.
   *
   * @throws DomainError `last-administrator`
   */
  async closeOwn({ userId }: Principal): Promise<void> {
    await this.database.transaction(async (em) => {
      await lockWithAdministrators(em, userId);
      if (await isLastAdministrator(em, userId)) throw new DomainError('last-administrator');
      await em.execute('update users set is_active = false, updated_at = now() where id = ?', [userId]);
      await this.lifecycle.deactivate(em, userId);
      await this.trail.append(em, {
        actorId: userId,
        action: 'user.deactivate',
        outcome: 'success',
        targetType: 'user',
        targetId: userId,
      });
    });
  }

  /**
   * Deletes a deactivated account and everything that belongs to it. The key of the account goes first: what is left
   * of it in backups made with the ring of keys alone stays sealed. The audit trail keeps its id.
   *
   * @throws DomainError `not-found`, `forbidden`, `self-protection`, `account-active`
   */
  async erase(principal: Principal, userId: string): Promise<void> {
    if (userId === principal.userId) throw new DomainError('self-protection');
    await this.database.transaction(async (em) => {
      await lockWithAdministrators(em, principal.userId, userId);
      const actor = await em.findOne(User, { id: principal.userId });
      if (actor?.isAdmin !== true || !actor.isActive) throw new DomainError('forbidden');
      const user = await em.findOne(User, { id: userId });
      if (user === null) throw new DomainError('not-found');
      if (user.isActive) throw new DomainError('account-active');
      await this.lifecycle.delete(em, userId);
      await this.sealer.erase(em, userId);
      await em.execute('delete from users where id = ?', [userId]);
      await this.trail.append(em, {
        actorId: principal.userId,
        action: 'user.erase',
        outcome: 'success',
        targetType: 'user',
        targetId: userId,
      });
    });
  }
}
