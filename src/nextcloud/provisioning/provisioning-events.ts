import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { IdentitySightingsService } from '../../auth/identities/identity-sightings.service.ts';
import { NextcloudConfig } from '../../config/nextcloud.config.ts';
import { Tasks } from '../../jobs/tasks.ts';
import { AccountLifecycle } from '../../users/account-lifecycle.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { AccountStore } from '../account/account.store.ts';
import { OwnedUsers } from './owned-users.ts';
import { ProvisioningRecords } from './provisioning-records.ts';

/** Kind of the task that brings accounts into Nextcloud. */
export const PROVISIONING = 'nextcloud-provisioning';

/** Where the events come from. */
@Injectable()
export class ProvisioningSources {
  constructor(
    readonly users: UsersRepository,
    readonly lifecycle: AccountLifecycle,
    readonly identities: IdentitySightingsService,
    readonly accounts: AccountStore,
  ) {}
}

/** Notes, in the transaction of its cause, what has to be done in Nextcloud; nothing is asked of Nextcloud here. */
@Injectable()
export class ProvisioningEvents {
  constructor(
    private readonly records: ProvisioningRecords,
    private readonly tasks: Tasks,
    owned: OwnedUsers,
    config: NextcloudConfig,
    { users, lifecycle, identities, accounts }: ProvisioningSources,
  ) {
    // What was made stays bound to its account, also after provisioning was switched off.
    lifecycle.whenEnding((em, userId) => this.#follow(em, userId, false));
    lifecycle.whenReactivated((em, userId) => this.#follow(em, userId, true));
    if (config.autoProvision === 'off') return;
    users.whenCreated(async (em, { id }) => {
      await records.request(em, id);
      await tasks.add(em, PROVISIONING, {});
    });
    identities.whenSeen(async (em, sighting) => {
      if (owned.isOfNextcloud(sighting)) await records.match(em, sighting.userId, sighting.subject);
    });
    accounts.whenLinked((em, userId, uid) => records.match(em, userId, uid));
  }

  async #follow(em: EntityManager, userId: string, isActive: boolean): Promise<void> {
    if (await this.records.wish(em, userId, isActive)) await this.tasks.add(em, PROVISIONING, {});
  }
}
