import { Module } from '@nestjs/common';
import { AccountController } from './account.controller.ts';
import { AccountService } from './account.service.ts';
import { AccountStore } from './account.store.ts';
import { LinkService } from './link.service.ts';

/** The Nextcloud account of a user: linked, and its credential kept. */
@Module({
  controllers: [AccountController],
  providers: [AccountStore, AccountService, LinkService],
  exports: [AccountStore],
})
export class AccountModule {}
