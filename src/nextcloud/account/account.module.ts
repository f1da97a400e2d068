import { Module } from '@nestjs/common';
import { UsersModule } from '../../users/users.module.ts';
import { AccountEvents } from './account-events.ts';
import { AccountController } from './account.controller.ts';
import { AccountEnding } from './account-ending.ts';
import { AccountSecrets } from './account-secrets.ts';
import { AccountService } from './account.service.ts';
import { AccountStore } from './account.store.ts';
import { LinkPollTask } from './link-poll.task.ts';
import { LinkPolling } from './link-polling.ts';
import { LinkService } from './link.service.ts';
import { RevocationTask } from './revocation.task.ts';
import { Revocations } from './revocations.ts';
import { RotationService } from './rotation.service.ts';
import { SuspendedAccountsTask } from './suspended-accounts.task.ts';

/** The Nextcloud account of a user: linked, its credential kept, exchanged and revoked. */
@Module({
  imports: [UsersModule],
  controllers: [AccountController],
  providers: [
    AccountEvents,
    AccountEnding,
    AccountSecrets,
    AccountService,
    AccountStore,
    LinkPollTask,
    LinkPolling,
    LinkService,
    RevocationTask,
    Revocations,
    RotationService,
    SuspendedAccountsTask,
  ],
  exports: [AccountStore],
})
export class AccountModule {}
