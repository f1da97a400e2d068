import { Module } from '@nestjs/common';
import { AccountMails } from './account-mails.ts';
import { MailRateLimit } from './mail-rate-limit.ts';

/** Asking for messages with a link. */
@Module({ providers: [AccountMails, MailRateLimit], exports: [AccountMails] })
export class AccountMailsModule {}
