import { Counters, type Count, type CounterChange } from './counters.port.ts';

interface Window {
  count: number;
  readonly endsAt: number;
}

const MAX_COUNTERS = 100_000;

/** Counters of one process. */
export class MemoryCounters extends Counters {
  readonly #windows = new Map<string, Window>();

  /** @param now milliseconds of a clock that never goes back */
  constructor(private readonly now: () => number = () => performance.now()) {
    super();
  }

  override add(key: string, { windowMs, by }: CounterChange): Promise<Count> {
    const now = this.now();
    const window = this.#current(key, now) ?? this.#open(key, now + windowMs, by);
    window.count = Math.max(0, window.count + by);
    return Promise.resolve({ count: window.count, remainingMs: Math.max(0, window.endsAt - now) });
  }

  #current(key: string, now: number): Window | undefined {
    const window = this.#windows.get(key);
    return window !== undefined && window.endsAt > now ? window : undefined;
  }

  #open(key: string, endsAt: number, by: number): Window {
    const window = { count: 0, endsAt };
    // Looking, or taking back a hit of a window that has ended, must not open a new one.
    if (by <= 0) return window;
    if (this.#windows.size >= MAX_COUNTERS) this.#makeRoom();
    this.#windows.delete(key);
    this.#windows.set(key, window);
    return window;
  }

  /** Forgets what has ended; when everything still counts, the oldest tenth. */
  #makeRoom(): void {
    const now = this.now();
    for (const [key, window] of this.#windows) if (window.endsAt <= now) this.#windows.delete(key);
    let surplus = this.#windows.size - MAX_COUNTERS * 0.9;
    for (const key of this.#windows.keys()) {
      if (surplus <= 0) return;
      this.#windows.delete(key);
      surplus -= 1;
    }
  }
}
