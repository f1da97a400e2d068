import { Module } from '@nestjs/common';
import { NextcloudGroupsController } from './nextcloud-groups.controller.ts';
import { NextcloudGroupsService } from './nextcloud-groups.service.ts';
import { NextcloudService } from './nextcloud.service.ts';
import { NextcloudUsersController } from './nextcloud-users.controller.ts';
import { NextcloudUsersService } from './nextcloud-users.service.ts';
import { ServiceAccount } from './service-account.ts';

/** Users and groups of Nextcloud, managed with the service account. */
@Module({
  controllers: [NextcloudUsersController, NextcloudGroupsController],
  providers: [NextcloudGroupsService, NextcloudService, NextcloudUsersService, ServiceAccount],
  exports: [NextcloudService, ServiceAccount],
})
export class NextcloudUsersModule {}
