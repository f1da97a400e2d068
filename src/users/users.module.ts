import { Module } from '@nestjs/common';
import { AccountDeletionService } from './account-deletion.service.ts';
import { AccountLifecycle } from './account-lifecycle.ts';
import { DeletedDataTask } from './deleted-data.task.ts';
import { ProfileController } from './profile.controller.ts';
import { ProfileLoader } from './profile-loader.ts';
import { ProfileService } from './profile.service.ts';
import { UserAdministrationController } from './user-administration.controller.ts';
import { UserAdministrationService } from './user-administration.service.ts';
import { UsersRepository } from './users.repository.ts';

/** Accounts: profile and administration. */
@Module({
  controllers: [ProfileController, UserAdministrationController],
  providers: [
    AccountDeletionService,
    AccountLifecycle,
    DeletedDataTask,
    ProfileLoader,
    ProfileService,
    UserAdministrationService,
    UsersRepository,
  ],
  exports: [AccountLifecycle, UsersRepository, ProfileService],
})
export class UsersModule {}
