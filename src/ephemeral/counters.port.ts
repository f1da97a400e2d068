/** State of one counter after a change. */
export interface Count {
  /** Hits in the current window. */
  readonly count: number;
  /** Milliseconds until the window ends and the counter starts again. */
  readonly remainingMs: number;
}

/** One change of a counter. */
export interface CounterChange {
  /** Length in milliseconds of the window that the first hit opens. */
  readonly windowMs: number;
  /** 1 counts a hit, -1 takes one back; never below zero. 0 only looks, and opens no window. */
  readonly by: 1 | 0 | -1;
}

/** Counters with a window: each is dropped when the window after its first hit is over. */
export abstract class Counters {
  /**
   * Changes a counter and says where it stands. Never rejects and answers within 300 ms: when the shared store is
   * away, this process counts by itself.
   *
   * @param key at most 128 characters, without personal data
   */
  abstract add(key: string, change: CounterChange): Promise<Count>;
}
