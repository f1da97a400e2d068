import { Module } from '@nestjs/common';
import { OidcModule } from '../../auth/oidc/oidc.module.ts';
import { AccountModule } from '../account/account.module.ts';
import { NextcloudUsersModule } from '../users/nextcloud-users.module.ts';
import { OwnedUsers, OwnedUsersConfigs } from './owned-users.ts';
import { ProvisioningEvents } from './provisioning-events.ts';
import { ProvisioningRecords } from './provisioning-records.ts';
import { ProvisioningTask } from './provisioning.task.ts';
import { Provisioner } from './provisioner.ts';
import { ProvisioningsController } from './provisionings.controller.ts';
import { ProvisioningsService } from './provisionings.service.ts';

/** Accounts of this server as users of Nextcloud. */
@Module({
  imports: [AccountModule, NextcloudUsersModule, OidcModule],
  controllers: [ProvisioningsController],
  providers: [
    OwnedUsers,
    OwnedUsersConfigs,
    Provisioner,
    ProvisioningEvents,
    ProvisioningRecords,
    ProvisioningTask,
    ProvisioningsService,
  ],
})
export class ProvisioningModule {}
