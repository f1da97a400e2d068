/** Where a document came from, for example `nextcloud` or `upload`; an opaque label to the index. */
export type PassageSourceType = string;

/** One passage to be found. */
export interface IndexedPassage {
  readonly chunkId: string;
  readonly text: string;
}

/** The new state of one document. */
export interface PassageChange {
  readonly documentId: string;
  /** Position of this change in the owner's outbox; a change not above the document's last one is ignored. */
  readonly sequence: number;
  readonly sourceType: PassageSourceType;
  /** All passages of the document, replacing earlier ones; null removes the document. */
  readonly chunks: readonly IndexedPassage[] | null;
}

/** What a batch of changes builds on. */
export interface PassageChangeBase {
  /** The sequence below and at which the caller sends nothing, usually the last appliedSequence; 0 from the start. */
  readonly afterSequence: number;
}

/** Bounds and filters of one search. */
export interface PassageSearchOptions {
  /** Most hits wanted, 1 to 1,000. */
  readonly limit: number;
  /** Only these documents; an empty list finds nothing. Absent: all of the owner's. */
  readonly documentIds?: readonly string[];
  /** Only documents of these source types; an empty list finds nothing. Absent: all. */
  readonly sourceTypes?: readonly PassageSourceType[];
  /** The caller has seen this sequence in the database: an index that is behind it must say so, not answer from less. */
  readonly atLeastSequence?: number;
}

/** A passage found, best first; `score` is comparable within one answer only. */
export interface PassageHit {
  readonly documentId: string;
  readonly chunkId: string;
  readonly score: number;
}
