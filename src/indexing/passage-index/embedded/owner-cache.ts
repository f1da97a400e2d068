import { OwnerPassages } from './owner-passages.ts';
import { PassageIndexBehindError, PassageIndexFullError } from '../passage-index.errors.ts';
import type { PassageChange, PassageHit, PassageSearchOptions } from '../passage-index.types.ts';

/** How long changes are applied before waiting searches get their turn, in milliseconds. */
const TURN_MS = 5;

/** The indexes of all owners inside the index thread, bounded in memory; the least recently used owner goes first. */
export class OwnerCache {
  readonly #maxBytes: number;
  /** In the order of use, the least recent first. */
  readonly #owners = new Map<string, OwnerPassages>();
  #lastApply: Promise<void> = Promise.resolve();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Batches are applied one after another, in the order of the calls. */
  async apply(ownerId: string, changes: readonly PassageChange[], afterSequence: number): Promise<void> {
    const turn = this.#lastApply.then(() => this.#applyBatch(ownerId, changes, afterSequence));
    this.#lastApply = turn.catch(() => undefined);
    return turn;
  }

  search(ownerId: string, query: string, options: PassageSearchOptions): PassageHit[] {
    const owner = this.#find(ownerId);
    const appliedSequence = owner?.appliedSequence ?? 0;
    if (appliedSequence < (options.atLeastSequence ?? 0)) throw new PassageIndexBehindError(appliedSequence);
    return owner?.search(query, options) ?? [];
  }

  appliedSequence(ownerId: string): number {
    return this.#owners.get(ownerId)?.appliedSequence ?? 0;
  }

  forget(ownerId: string): void {
    this.#owners.delete(ownerId);
  }

  async #applyBatch(ownerId: string, changes: readonly PassageChange[], afterSequence: number): Promise<void> {
    const known = this.#find(ownerId);
    const appliedSequence = known?.appliedSequence ?? 0;
    if (appliedSequence < afterSequence) throw new PassageIndexBehindError(appliedSequence);
    const owner = known ?? new OwnerPassages();
    this.#owners.set(ownerId, owner);
    let turnEnd = performance.now() + TURN_MS;
    for (const change of changes) {
      for (const _ of owner.apply(change)) {
        if (performance.now() < turnEnd) continue;
        await nextTurn();
        // Forgotten or evicted meanwhile: going on would only fill an index nobody can reach.
        if (this.#owners.get(ownerId) !== owner) throw new PassageIndexBehindError(0);
        turnEnd = performance.now() + TURN_MS;
        this.#evictFor(ownerId, owner);
      }
      this.#evictFor(ownerId, owner);
    }
  }

  #find(ownerId: string): OwnerPassages | undefined {
    const owner = this.#owners.get(ownerId);
    if (owner === undefined) return undefined;
    this.#owners.delete(ownerId);
    this.#owners.set(ownerId, owner);
    return owner;
  }

  #evictFor(ownerId: string, owner: OwnerPassages): void {
    let heldBytes = 0;
    for (const { byteLength } of this.#owners.values()) heldBytes += byteLength;
    for (const [candidateId, candidate] of this.#owners) {
      if (heldBytes <= this.#maxBytes) return;
      if (candidate === owner) continue;
      heldBytes -= candidate.byteLength;
      this.#owners.delete(candidateId);
    }
    if (heldBytes <= this.#maxBytes) return;
    this.#owners.delete(ownerId);
    throw new PassageIndexFullError();
  }
}

async function nextTurn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}
