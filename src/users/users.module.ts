import { Module } from '@nestjs/common';
import { ProfileController } from './profile.controller.ts';
import { ProfileService } from './profile.service.ts';
import { UserAdministrationController } from './user-administration.controller.ts';
import { UserAdministrationService } from './user-administration.service.ts';
import { UserRegistry } from './user-registry.ts';

/** Accounts: profile and administration. */
@Module({
  controllers: [ProfileController, UserAdministrationController],
  providers: [ProfileService, UserAdministrationService, UserRegistry],
  exports: [UserRegistry, ProfileService],
})
export class UsersModule {}
