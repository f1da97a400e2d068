import { Module } from '@nestjs/common';
import { AccountController } from './account.controller.ts';
import { AccountRefusals } from './account-refusals.ts';
import { AccountSecrets } from './account-secrets.ts';
import { AccountService } from './account.service.ts';
import { AccountStore } from './account.store.ts';
import { LinkPolling } from './link-polling.ts';
import { LinkService } from './link.service.ts';
import { Revocations } from './revocations.ts';
import { RotationService } from './rotation.service.ts';
import { SuspendedAccountsTask } from './suspended-accounts.task.ts';

/** The Nextcloud account of a user: linked, its credential kept, exchanged and revoked. */
@Module({
  controllers: [AccountController],
  providers: [
    AccountRefusals,
    AccountSecrets,
    AccountService,
    AccountStore,
    LinkPolling,
    LinkService,
    Revocations,
    RotationService,
    SuspendedAccountsTask,
  ],
  exports: [AccountStore],
})
export class AccountModule {}
