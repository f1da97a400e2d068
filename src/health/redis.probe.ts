import { Injectable } from '@nestjs/common';
import { RedisConnection } from '../ephemeral/redis-connection.ts';
import { DependencyProbe, type ProbeOutcome } from './dependency-probe.port.ts';

/** Redis, which only speeds things up and shares counters. */
@Injectable()
export class RedisProbe extends DependencyProbe {
  readonly key = 'redis';
  readonly isRequired = false;

  constructor(private readonly redis: RedisConnection) {
    super();
  }

  async probe(): Promise<ProbeOutcome> {
    if (!this.redis.isConfigured) return 'not_configured';
    await this.redis.ping();
    return 'up';
  }
}
