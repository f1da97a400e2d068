/** What the chunker needs of a page; `text` is the stored page text every offset counts in. */
export interface ChunkablePage {
  /** 1-based page, or null for formats without pages. */
  readonly number: number | null;
  readonly text: string;
}

/** A passage of one page: `text === page.text.slice(startOffset, endOffset)`, offsets in UTF-16 code units. */
export interface Chunk {
  /** 0-based place among all chunks of the document. */
  readonly position: number;
  readonly page: number | null;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly text: string;
}

/** How text is cut. */
export interface ChunkingOptions {
  /** Length a chunk aims at and never exceeds, in UTF-16 code units. Default 900, at least 100. */
  readonly targetCharacters?: number;
  /** How much of the end of a chunk the next one repeats, at most. Default 120, at most a quarter of the target. */
  readonly overlapCharacters?: number;
  /** Markdown: headings start chunks. Default false. */
  readonly isMarkdown?: boolean;
}
