import { Module } from '@nestjs/common';
import { AccountMails } from './account-mails.ts';
import { MailAllowance } from './mail-allowance.ts';

/** Asking for messages with a link. */
@Module({ providers: [AccountMails, MailAllowance], exports: [AccountMails] })
export class AccountMailsModule {}
