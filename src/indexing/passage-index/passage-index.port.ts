import type { PassageChange, PassageChangeBase, PassageHit, PassageSearchOptions } from './passage-index.types.ts';

/**
 * Finds passages by their words, per owner. It is a cache: PostgreSQL holds the truth, and an owner unknown to the index
 * (never fed, evicted, or lost with a crash) has sequence 0 and is fed from the start again. No method ever mixes owners.
 */
export abstract class PassageIndex {
  /**
   * Applies all changes of this owner above `afterSequence`, in rising order. Repeating changes is harmless: the highest
   * sequence of a document wins. Other calls may see the documents of a batch appear one after another, each as a whole.
   * The changes are copied to the index in one piece: keep a batch to a few megabytes of text.
   *
   * @throws {PassageIndexBehindError} when the index holds less than `afterSequence` (evicted meanwhile); nothing is
   * applied, because the result would look complete and not be.
   * @throws {PassageIndexFullError} when this owner alone is too large.
   * @throws {PassageIndexUnavailableError} when the index stopped meanwhile.
   */
  abstract apply(ownerId: string, changes: readonly PassageChange[], base: PassageChangeBase): Promise<void>;

  /**
   * The best passages of this owner that hold any word of `query`, best first, ties in a fixed order. Only the first
   * 2,000 characters and 64 distinct terms of the query count. A query without any term finds nothing.
   *
   * @throws {PassageIndexBehindError} when `atLeastSequence` is given and not reached.
   * @throws {RangeError} when `limit` is no integer from 1 to 1,000.
   * @throws {PassageIndexUnavailableError} when the index stopped meanwhile.
   */
  abstract search(ownerId: string, query: string, options: PassageSearchOptions): Promise<PassageHit[]>;

  /** The highest sequence applied for this owner, 0 when the index does not hold the owner. */
  abstract appliedSequence(ownerId: string): Promise<number>;

  /** Drops everything about this owner; harmless when there is nothing. */
  abstract forget(ownerId: string): Promise<void>;

  /** Stops the index; calls under way and later ones are rejected. */
  abstract close(): Promise<void>;
}
