import type { ExtractionFailureCode } from './extraction.types.ts';

/**
 * A file gave no text. `message` explains it in our own words: it never holds content, a file name or the text of a
 * library's error, so it may be stored and shown.
 */
export class ExtractionError extends Error {
  readonly code: ExtractionFailureCode;

  constructor(code: ExtractionFailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ExtractionError';
    this.code = code;
  }
}
