import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { DomainEvents } from '../../changes/domain-events.ts';
import { NextcloudConfig } from '../../config/nextcloud.config.ts';
import { Tasks } from '../../jobs/tasks.ts';
import { OwnedUsers } from './owned-users.ts';
import { ProvisioningRecords } from './provisioning-records.ts';

/** Kind of the task that brings accounts into Nextcloud. */
export const PROVISIONING = 'nextcloud-provisioning';

/** Records, in the transaction of the cause, what has to be done in Nextcloud; nothing is asked of Nextcloud here. */
@Injectable()
export class ProvisioningEvents {
  constructor(
    private readonly records: ProvisioningRecords,
    private readonly tasks: Tasks,
    owned: OwnedUsers,
    config: NextcloudConfig,
    events: DomainEvents,
  ) {
    // What was made stays bound to its account, also after provisioning was switched off.
    events.on('user.deactivated', (em, { userId }) => this.#follow(em, userId, false));
    events.on('user.deleted', (em, { userId }) => this.#follow(em, userId, false));
    events.on('user.reactivated', (em, { userId }) => this.#follow(em, userId, true));
    if (config.autoProvision === 'off') return;
    events.on('user.created', async (em, { userId }) => {
      await records.request(em, userId);
      await tasks.add(em, PROVISIONING, {});
    });
    events.on('identity.verified', async (em, identity) => {
      if (owned.isOfNextcloud(identity)) await records.match(em, identity.userId, identity.subject);
    });
    events.on('account.linked', (em, { userId, uid }) => records.match(em, userId, uid));
  }

  async #follow(em: EntityManager, userId: string, isActive: boolean): Promise<void> {
    if (await this.records.wish(em, userId, isActive)) await this.tasks.add(em, PROVISIONING, {});
  }
}
