import type { PassageHit } from '../passage-index.types.ts';

/** Keeps the best `limit` of any number of hits in a heap with the worst one kept as its root. */
export class TopHits {
  readonly #limit: number;
  readonly #heap: PassageHit[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** True when a hit of this score could still be kept; cheaper than building the hit. */
  accepts(score: number): boolean {
    return this.#heap.length < this.#limit || score >= (this.#heap[0]?.score ?? 0);
  }

  add(hit: PassageHit): void {
    if (this.#heap.length < this.#limit) {
      this.#heap.push(hit);
      this.#siftUp(this.#heap.length - 1);
      return;
    }
    const worst = this.#heap[0];
    if (worst === undefined || compareHits(worst, hit) < 0) return;
    this.#heap[0] = hit;
    this.#siftDown();
  }

  /** Best first. */
  toSorted(): PassageHit[] {
    return this.#heap.toSorted(compareHits);
  }

  #siftUp(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isWorse(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #siftDown(): void {
    let index = 0;
    for (;;) {
      let worst = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < this.#heap.length && this.#isWorse(child, worst)) worst = child;
      }
      if (worst === index) return;
      this.#swap(index, worst);
      index = worst;
    }
  }

  #isWorse(left: number, right: number): boolean {
    const [a, b] = [this.#heap[left], this.#heap[right]];
    return a !== undefined && b !== undefined && compareHits(a, b) > 0;
  }

  #swap(left: number, right: number): void {
    const [a, b] = [this.#heap[left], this.#heap[right]];
    if (a === undefined || b === undefined) return;
    this.#heap[left] = b;
    this.#heap[right] = a;
  }
}

/** Best first; equal scores in the order of the identifiers, so that every process answers alike. */
function compareHits(left: PassageHit, right: PassageHit): number {
  if (left.score !== right.score) return right.score - left.score;
  if (left.documentId !== right.documentId) return left.documentId < right.documentId ? -1 : 1;
  if (left.chunkId === right.chunkId) return 0;
  return left.chunkId < right.chunkId ? -1 : 1;
}
