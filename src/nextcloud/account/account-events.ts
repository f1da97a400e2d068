import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { HttpConfig } from '../../config/http.config.ts';
import { SOURCE_READERS, SOURCE_UNLINKED } from '../../indexing/sources/document-source.port.ts';
import { JobsService } from '../../jobs/jobs.service.ts';
import { Notifier } from '../../notifications/notifier.ts';
import { User } from '../../users/user.entity.ts';

/** States in which an account is of no use. */
export type RefusedState = 'invalid' | 'suspended';

/** What else happens, in the same transaction, when an account goes or is refused. */
@Injectable()
export class AccountEvents {
  readonly #frontendUrl: string | undefined;

  constructor(
    private readonly jobs: JobsService,
    private readonly notifier: Notifier,
    private readonly audit: AuditTrail,
    config: HttpConfig,
  ) {
    this.#frontendUrl = config.frontendUrl;
  }

  /** All that was read out of the account is forgotten. */
  async documentsAreGone(em: EntityManager, userId: string): Promise<void> {
    await this.jobs.submit(em, { userId, kind: SOURCE_UNLINKED, parameters: {} });
  }

  /** Every job that would use the account ends, its owner is told once, and the trail says so once. */
  async isRefused(em: EntityManager, userId: string, state: RefusedState): Promise<void> {
    const problemCode = state === 'suspended' ? 'account-suspended' : 'account-link-invalid';
    await this.jobs.failAll(em, userId, { kinds: SOURCE_READERS, problemCode });
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
