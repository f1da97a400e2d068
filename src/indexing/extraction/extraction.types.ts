/** The media types (RFC 6838, RFC 7763) that text can be extracted from. */
export type ExtractableMediaType = 'application/pdf' | 'text/plain' | 'text/markdown';

/** The text of one page, normalised once; every offset of the product counts UTF-16 code units of this `text`. */
export interface ExtractedPage {
  /** 1-based page of a PDF; null for formats without pages. */
  readonly number: number | null;
  /** NFC, line feeds only, no NUL or other control characters but tab, no lone surrogates. May be empty. */
  readonly text: string;
}

/** Text was found. `pages` holds every page of the file, also those without text. */
export interface ExtractedText {
  readonly status: 'extracted';
  readonly mediaType: ExtractableMediaType;
  readonly pages: readonly ExtractedPage[];
  /** Pages of a PDF that could not be read while others could; their text is empty. */
  readonly unreadablePages: readonly number[];
}

/** The file is sound, but its pages hold only pictures: OCR would be needed. Not an error. */
export interface NoTextLayer {
  readonly status: 'no-text-layer';
  readonly mediaType: ExtractableMediaType;
  readonly pageCount: number;
}

/** What became of a file that could be opened. */
export type ExtractedDocument = ExtractedText | NoTextLayer;

/** Why no text could be taken out of a file. */
export type ExtractionFailureCode =
  'encrypted' | 'unreadable' | 'too-large' | 'timeout' | 'memory' | 'worker-crashed' | 'unsupported-type' | 'empty';

/** Bounds of one extraction, enforced inside the child process and checked again by its parent. */
export interface ExtractionLimits {
  /** Largest file that is opened, in bytes. */
  readonly maxInputBytes: number;
  /** Most text taken from one file, in UTF-16 code units over all pages. */
  readonly maxCharacters: number;
  /** Most pages of one PDF. */
  readonly maxPages: number;
}

/** Parent to child: one file at a time. */
export interface ExtractionRequest {
  readonly path: string;
  readonly mediaType: ExtractableMediaType;
  readonly limits: ExtractionLimits;
}

/** Child to parent. A page arrives as one or more fragments, so that no single message stalls the parent. */
export type ExtractionReply =
  | { readonly type: 'text'; readonly number: number | null; readonly text: string; readonly isPageEnd: boolean }
  | {
      readonly type: 'done';
      readonly hasText: boolean;
      readonly unreadablePages: readonly number[];
      readonly rssBytes: number;
    }
  | {
      readonly type: 'failed';
      readonly code: ExtractionFailureCode;
      readonly detail: string;
      readonly rssBytes: number;
    };
