import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { DomainEvents } from '../../changes/domain-events.ts';
import { HttpConfig } from '../../config/http.config.ts';
import { Notifier } from '../../notifications/notifier.ts';
import { User } from '../../users/user.entity.ts';

/** States in which an account is of no use. */
export type RefusedState = 'invalid' | 'suspended';

/** Tells the other rooms, the owner and the trail, in the transaction, that Nextcloud refuses an account. */
@Injectable()
export class AccountRefusals {
  readonly #frontendUrl: string | undefined;

  constructor(
    private readonly notifier: Notifier,
    private readonly audit: AuditTrail,
    private readonly events: DomainEvents,
    config: HttpConfig,
  ) {
    this.#frontendUrl = config.frontendUrl;
  }

  /** Emits `account.refused`; call it once for each change of the state. */
  async record(em: EntityManager, userId: string, state: RefusedState): Promise<void> {
    const problemCode = state === 'suspended' ? 'account-suspended' : 'account-link-invalid';
    await this.events.emit(em, 'account.refused', { userId, problemCode });
    const user = await em.findOne(User, { id: userId, isActive: true });
    if (user !== null) {
      const values = { state, ...(this.#frontendUrl !== undefined && { link: this.#frontendUrl }) };
      await this.notifier.queue(em, { userId, to: user.email, template: 'nextcloud-account-refused', values });
    }
    await this.audit.append(em, {
      actorId: userId,
      action: 'nextcloud.refused',
      outcome: 'failure',
      targetType: 'nextcloud-account',
      details: { state },
    });
  }

  /** Lets messages go out at once; call it after the transaction. */
  wake(): void {
    this.notifier.wake();
  }
}
