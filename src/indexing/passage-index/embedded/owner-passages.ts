import { ChunkTable } from './chunk-table.ts';
import { DocumentTable } from './document-table.ts';
import { PostingsArena } from './postings-arena.ts';
import { queryTerms, tokenize } from '../tokenizer.ts';
import { TopHits } from './top-hits.ts';
import type { IndexedPassage, PassageChange, PassageHit, PassageSearchOptions } from '../passage-index.types.ts';

/** BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009), the values of Lucene and Qdrant. */
const K1 = 1.2;
const B = 0.75;
/** Dead chunks are swept when they are this share of all, but not for a handful. */
const MAX_DEAD_SHARE = 0.3;
const MIN_CHUNKS_TO_SWEEP = 1_000;
/** A Map entry with its key, beside the characters. */
const TERM_OVERHEAD_BYTES = 64;

/**
 * The inverted index of one owner. The mutating methods are generators: they yield often, so that the thread can answer
 * searches in between. At most one of them may be under way; a search sees each document before or after its change.
 */
export class OwnerPassages {
  #terms = new Map<string, number>();
  #postings = new PostingsArena();
  #chunks = new ChunkTable();
  #documents = new DocumentTable();
  #termBytes = 0;
  #appliedSequence = 0;

  get appliedSequence(): number {
    return this.#appliedSequence;
  }

  /** Memory held, in bytes (estimated, within about a fifth). */
  get byteLength(): number {
    return this.#postings.byteLength + this.#chunks.byteLength + this.#documents.byteLength + this.#termBytes;
  }

  *apply(change: PassageChange): Generator<void> {
    if (change.sequence > this.#documents.sequence(change.documentId)) {
      if (change.chunks === null) this.#documents.remove(change.documentId, change.sequence);
      else yield* this.#replace(change, change.chunks);
      yield* this.#sweep();
    }
    this.#appliedSequence = Math.max(this.#appliedSequence, change.sequence);
  }

  search(query: string, options: PassageSearchOptions): PassageHit[] {
    const lists = queryTerms(query).flatMap((term) => this.#terms.get(term) ?? []);
    if (lists.length === 0) return [];
    const scores = new Float64Array(this.#chunks.length);
    const live = this.#documents.liveMask();
    const permitted = this.#documents.permittedMask(options);
    for (const list of lists) this.#addScores(list, scores, { live, permitted });
    const top = new TopHits(options.limit);
    const { revisions } = this.#chunks;
    for (let chunk = 0; chunk < scores.length; chunk += 1) {
      const score = scores[chunk] ?? 0;
      if (score <= 0 || !top.accepts(score)) continue;
      const documentId = this.#documents.documentId(revisions[chunk] ?? -1);
      top.add({ documentId, chunkId: this.#chunks.chunkId(chunk), score });
    }
    return top.toSorted();
  }

  /** Document frequencies count live chunks only, so scores do not depend on what was deleted before. */
  #addScores(list: number, scores: Float64Array, masks: { live: Uint8Array; permitted: Uint8Array }): void {
    const { chunks, frequencies } = this.#readList(list);
    const { revisions, termCounts } = this.#chunks;
    const { live, permitted } = masks;
    let documentFrequency = 0;
    for (let index = 0; index < chunks.length; index += 1) {
      documentFrequency += live[revisions[chunks[index] ?? 0] ?? 0] ?? 0;
    }
    const idf = Math.log(1 + (this.#documents.liveChunkCount - documentFrequency + 0.5) / (documentFrequency + 0.5));
    const weight = idf * (K1 + 1);
    const lengthWeight = (K1 * B) / this.#documents.averageTermCount;
    for (let index = 0; index < chunks.length; index += 1) {
      const chunk = chunks[index] ?? 0;
      if (permitted[revisions[chunk] ?? 0] !== 1) continue;
      const frequency = frequencies[index] ?? 0;
      const lengthNorm = K1 * (1 - B) + lengthWeight * (termCounts[chunk] ?? 0);
      scores[chunk] = (scores[chunk] ?? 0) + (weight * frequency) / (frequency + lengthNorm);
    }
  }

  #readList(list: number): { chunks: Int32Array; frequencies: Uint8Array } {
    const count = this.#postings.postingCount(list);
    const chunks = new Int32Array(count);
    const frequencies = new Uint8Array(count);
    this.#postings.readList(list, chunks, frequencies);
    return { chunks, frequencies };
  }

  *#replace(change: PassageChange, passages: readonly IndexedPassage[]): Generator<void> {
    const revision = this.#documents.stage(change.documentId, change.sourceType);
    for (const passage of passages) {
      this.#addPassage(passage, revision);
      yield;
    }
    this.#documents.publish(change.documentId, revision, change.sequence);
  }

  #addPassage({ chunkId, text }: IndexedPassage, revision: number): void {
    const frequencies = new Map<string, number>();
    let termCount = 0;
    for (const term of tokenize(text)) {
      frequencies.set(term, (frequencies.get(term) ?? 0) + 1);
      termCount += 1;
    }
    const chunk = this.#chunks.add(chunkId, revision, termCount);
    this.#documents.countChunk(revision, termCount);
    for (const [term, frequency] of frequencies) this.#postings.append(this.#listOf(term), chunk, frequency);
  }

  #listOf(term: string): number {
    const known = this.#terms.get(term);
    if (known !== undefined) return known;
    const list = this.#postings.createList();
    // A slice keeps the whole text it was cut from alive; a copy keeps only itself.
    this.#terms.set(copyOf(term), list);
    this.#termBytes += TERM_OVERHEAD_BYTES + term.length;
    return list;
  }

  /** Rewrites the index without dead chunks, beside the old one, once there are enough of them. */
  *#sweep(): Generator<void> {
    const chunkCount = this.#chunks.length;
    const deadCount = chunkCount - this.#documents.liveChunkCount;
    if (chunkCount < MIN_CHUNKS_TO_SWEEP || deadCount < chunkCount * MAX_DEAD_SHARE) return;
    const newRevisions = new Map<number, number>();
    const documents = this.#documents.compacted(newRevisions);
    const chunks = new ChunkTable();
    const newChunks = new Int32Array(chunkCount).fill(-1);
    for (let chunk = 0; chunk < chunkCount; chunk += 1) {
      const revision = newRevisions.get(this.#chunks.revisions[chunk] ?? -1);
      if (revision === undefined) continue;
      newChunks[chunk] = chunks.add(this.#chunks.chunkId(chunk), revision, this.#chunks.termCounts[chunk] ?? 0);
    }
    yield;
    const terms = new Map<string, number>();
    const postings = new PostingsArena();
    let termBytes = 0;
    for (const [term, list] of this.#terms) {
      if (!this.#copyList(list, postings, newChunks)) continue;
      terms.set(term, postings.listCount - 1);
      termBytes += TERM_OVERHEAD_BYTES + term.length;
      yield;
    }
    this.#terms = terms;
    this.#postings = postings;
    this.#chunks = chunks;
    this.#documents = documents;
    this.#termBytes = termBytes;
  }

  /** False when no posting is left; then no list is created. */
  #copyList(list: number, target: PostingsArena, newChunks: Int32Array): boolean {
    const { chunks, frequencies } = this.#readList(list);
    let copy: number | undefined;
    chunks.forEach((chunk, index) => {
      const newChunk = newChunks[chunk] ?? -1;
      if (newChunk === -1) return;
      copy ??= target.createList();
      target.append(copy, newChunk, frequencies[index] ?? 0);
    });
    return copy !== undefined;
  }
}

function copyOf(term: string): string {
  return Buffer.from(term, 'utf8').toString('utf8');
}
