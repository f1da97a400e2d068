import type { ServerClock } from './clock.ts';

const FIRST_DELAY_SECONDS = 0.1;
const MAX_DELAY_MS = 25_000;
const MAX_ATTEMPTS = 10;
const COUNTED_SECONDS = 12 * 3600;
const BLOCKING_SECONDS = 1800;

/** Brute-force protection as a Nextcloud counts it: wrong Basic passwords per client address, whoever the user is. */
export class BruteForceThrottle {
  readonly #clock: ServerClock;
  #attempts: { address: string; loginName: string; atSeconds: number }[] = [];

  constructor(clock: ServerClock) {
    this.#clock = clock;
  }

  register(address: string, loginName: string): void {
    this.#attempts.push({ address, loginName, atSeconds: this.#clock.nowSeconds() });
  }

  /** A good login removes only the attempts typed with that very user id: all others keep counting for the address. */
  forget(address: string, uid: string): void {
    this.#attempts = this.#attempts.filter((it) => it.address !== address || it.loginName !== uid);
  }

  /** @returns milliseconds that the next Basic request of this address has to wait, 0 to 25,000. */
  delayMs(address: string): number {
    const attempts = this.#count(address, COUNTED_SECONDS);
    if (attempts === 0) return 0;
    if (attempts > MAX_ATTEMPTS) return MAX_DELAY_MS;
    return Math.min(MAX_DELAY_MS, Math.ceil(FIRST_DELAY_SECONDS * 2 ** attempts * 1000));
  }

  /** @returns whether Basic requests of this address are refused outright, right passwords included. */
  isBlocked(address: string): boolean {
    return this.#count(address, BLOCKING_SECONDS) > MAX_ATTEMPTS;
  }

  clear(): void {
    this.#attempts = [];
  }

  #count(address: string, maxAgeSeconds: number): number {
    const since = this.#clock.nowSeconds() - maxAgeSeconds;
    return this.#attempts.filter((it) => it.address === address && it.atSeconds >= since).length;
  }
}
