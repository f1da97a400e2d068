/** A passage found for the question, best first, as the answer needs it. */
export interface RetrievedPassage {
  readonly documentId: string;
  readonly chunkId: string;
  readonly title: string;
  readonly path: string;
  /** Which state of the document was indexed (its etag). */
  readonly revision: string;
  /** 1-based page, or null for formats without pages. */
  readonly page: number | null;
  /** Place of `text` in the stored page text, in UTF-16 code units. */
  readonly startOffset: number;
  readonly endOffset: number;
  readonly text: string;
  /** Score of the retrieval; only its ratio to the best one counts. */
  readonly score: number;
}

/** Proof of one quote: `quotedText` is exactly the stored page text from `startOffset` to `endOffset`. */
export interface Citation {
  /** The n of the marker `[n]` in the answer, from 1. */
  readonly number: number;
  readonly documentId: string;
  readonly chunkId: string;
  readonly title: string;
  readonly path: string;
  readonly revision: string;
  readonly page: number | null;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly quotedText: string;
  /** 0 to 1: mostly how much of the question the passage covers, partly its retrieval score against the best. */
  readonly relevanceScore: number;
}

/** Quotes with `[n]` markers; without any relevant passage a plain statement of that and no citations. */
export interface Answer {
  readonly answer: string;
  readonly citations: readonly Citation[];
}
