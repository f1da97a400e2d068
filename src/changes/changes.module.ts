import { Global, Module } from '@nestjs/common';
import { DomainEvents } from './domain-events.ts';

/** What changes, told to whoever has to react. */
@Global()
@Module({ providers: [DomainEvents], exports: [DomainEvents] })
export class ChangesModule {}
