import { Counters, type Count, type CounterChange } from './counters.port.ts';
import { MemoryCounters } from './memory-counters.ts';
import { RedisConnection } from './redis-connection.ts';

const PREFIX = 'voiceassist:counter:';

// One round trip and no moment without an expiry, even if this process dies in the middle.
const ADD = `
local by = tonumber(ARGV[2])
if by <= 0 and redis.call('EXISTS', KEYS[1]) == 0 then return {0, 0} end
local count = redis.call('INCRBY', KEYS[1], by)
if count < 0 then
  redis.call('INCRBY', KEYS[1], 1)
  count = 0
end
local remaining = redis.call('PTTL', KEYS[1])
if remaining < 0 then
  remaining = tonumber(ARGV[1])
  redis.call('PEXPIRE', KEYS[1], remaining)
end
return {count, remaining}`;

/** Counters that all processes share through Redis; while it is away each process counts what it sees itself. */
export class SharedCounters extends Counters {
  readonly #own = new MemoryCounters();

  constructor(private readonly redis: RedisConnection) {
    super();
  }

  override async add(key: string, change: CounterChange): Promise<Count> {
    // Counted here as well, always: when Redis goes away in the middle of a window, the window goes on.
    const own = await this.#own.add(key, change);
    try {
      const answer = await this.redis.evaluate(ADD, PREFIX + key, change.windowMs, change.by);
      const [count, remainingMs] = answer as [number, number];
      return { count, remainingMs };
    } catch {
      // The connection has logged it; the count of this process is the answer.
      return own;
    }
  }
}
