import { setImmediate } from 'node:timers/promises';

/** One on its way to the database while the answers of the other are worked on. */
const MAX_QUERIES = 2;

/** Asks for many keys at once; a key without an entry was not found. */
export type LookupQuery<Found> = (keys: readonly string[]) => Promise<ReadonlyMap<string, Found>>;

interface Batch<Found> {
  readonly keys: Set<string>;
  readonly result: Promise<ReadonlyMap<string, Found>>;
}

/**
 * Looks something up on every request, without a cache and in few queries.
 *
 * Requests that arrive while queries are under way share the one that starts next. So an answer is never older than
 * the request that asked, and however many ask at once, two queries at a time serve them.
 */
export class SharedLookup<Found> {
  #running = 0;
  /** Wakes the batch that waits for a place; there is at most one. */
  #waiting: (() => void) | undefined;
  #next: Batch<Found> | undefined;

  constructor(private readonly query: LookupQuery<Found>) {}

  /** @throws whatever the query throws, to everybody who shares it */
  async find(key: string): Promise<Found | undefined> {
    this.#next ??= this.#schedule();
    this.#next.keys.add(key);
    return (await this.#next.result).get(key);
  }

  #schedule(): Batch<Found> {
    const keys = new Set<string>();
    const result = this.#turn().then(async () => {
      this.#next = undefined;
      try {
        return await this.query([...keys]);
      } finally {
        this.#running -= 1;
        this.#waiting?.();
      }
    });
    return { keys, result };
  }

  /** Waits for a free place, and until the requests that have already arrived are read: they share the query. */
  async #turn(): Promise<void> {
    if (this.#running >= MAX_QUERIES) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
      this.#waiting = undefined;
    }
    this.#running += 1;
    await setImmediate();
  }
}
