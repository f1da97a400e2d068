import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { Counters } from '../../ephemeral/counters.port.ts';

/** What the throttler reads of a counter. */
type ThrottlerStorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** Lets the throttler count in the counters of the server. A window is not prolonged by requests that are refused in it. */
@Injectable()
export class CountingStorage implements ThrottlerStorage {
  constructor(private readonly counters: Counters) {}

  async increment(key: string, ttlMs: number, limit: number): Promise<ThrottlerStorageRecord> {
    const { count, remainingMs } = await this.counters.add(key, { windowMs: ttlMs, by: 1 });
    const remainingSeconds = Math.max(1, Math.ceil(remainingMs / 1000));
    return {
      totalHits: count,
      timeToExpire: remainingSeconds,
      isBlocked: count > limit,
      timeToBlockExpire: remainingSeconds,
    };
  }
}
