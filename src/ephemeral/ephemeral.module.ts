import { Global, Module } from '@nestjs/common';
import { Counters } from './counters.port.ts';
import { MemoryCounters } from './memory-counters.ts';
import { RedisConnection } from './redis-connection.ts';
import { SharedCounters } from './shared-counters.ts';

/** State that may be lost: shared through Redis where one is configured, else of this process. */
@Global()
@Module({
  providers: [
    RedisConnection,
    {
      provide: Counters,
      inject: [RedisConnection],
      useFactory: (redis: RedisConnection) => (redis.isConfigured ? new SharedCounters(redis) : new MemoryCounters()),
    },
  ],
  exports: [RedisConnection, Counters],
})
export class EphemeralModule {}
