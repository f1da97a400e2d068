import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Redis } from 'ioredis';
import { StorageConfig } from '../config/storage.config.ts';

const COMMAND_TIMEOUT_MS = 200;
const CONNECT_TIMEOUT_MS = 1000;
const HANDSHAKE_TIMEOUT_MS = 5000;
const MAX_RETRY_INTERVAL_MS = 2000;
const RETRY_STEP_MS = 100;

/** The connection to Redis where one is configured. While Redis is away every command fails at once or within 200 ms. */
@Injectable()
export class RedisConnection implements OnModuleDestroy {
  readonly #client: Redis | undefined;
  readonly #log = new Logger('Redis');
  #isKnownDown = false;

  constructor(config: StorageConfig) {
    if (config.redisUrl === undefined) return;
    this.#client = new Redis(config.redisUrl.reveal(), {
      // A command that waits for Redis to come back would be counted in a window it does not belong to.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      // For what the client asks by itself when it connects; `inTime` limits the rest.
      commandTimeout: HANDSHAKE_TIMEOUT_MS,
      retryStrategy: (attempt) => Math.min(attempt * RETRY_STEP_MS, MAX_RETRY_INTERVAL_MS),
    });
    this.#client.on('error', () => this.#reportDown());
    this.#client.on('ready', () => this.#reportUp());
  }

  get isConfigured(): boolean {
    return this.#client !== undefined;
  }

  /**
   * Runs one Lua script.
   *
   * @throws Error when Redis is not configured, away or too slow
   */
  async evaluate(script: string, key: string, ...values: (string | number)[]): Promise<unknown> {
    const client = this.#ready();
    try {
      return await inTime(client.eval(script, 1, key, ...values));
    } catch (error) {
      this.#reportDown();
      // Frozen: leave this connection, so that the next command fails at once until Redis answers again.
      if (this.#client?.status === 'ready') client.disconnect(true);
      throw error;
    }
  }

  /** @throws Error when Redis does not answer */
  async ping(): Promise<void> {
    await inTime(this.#ready().ping());
  }

  onModuleDestroy(): void {
    this.#client?.disconnect();
  }

  #ready(): Redis {
    if (this.#client?.status !== 'ready') throw new Error('Redis is not connected');
    return this.#client;
  }

  #reportDown(): void {
    if (!this.#isKnownDown) this.#log.warn('Redis does not answer; this process counts by itself');
    this.#isKnownDown = true;
  }

  #reportUp(): void {
    if (this.#isKnownDown) this.#log.log('Redis answers again');
    this.#isKnownDown = false;
  }
}

/** Fails when there is no answer after 200 ms, not counting what lies in the socket because this process was busy. */
async function inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const fail = (): void => reject(new Error('Redis did not answer in time'));
  // Timers come before the sockets in a turn of the event loop, immediates after them.
  const timer = setTimeout(() => setImmediate(fail), COMMAND_TIMEOUT_MS);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
