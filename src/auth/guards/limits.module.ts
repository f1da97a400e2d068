import { Module } from '@nestjs/common';
import { CountingStorage } from './counting-storage.ts';

/** Where requests are counted. */
@Module({ providers: [CountingStorage], exports: [CountingStorage] })
export class LimitsModule {}
