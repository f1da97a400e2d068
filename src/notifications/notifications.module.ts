import { Global, Module } from '@nestjs/common';
import { Notifier } from './notifier.ts';

/** What the server writes to its users. */
@Global()
@Module({ providers: [Notifier], exports: [Notifier] })
export class NotificationsModule {}
