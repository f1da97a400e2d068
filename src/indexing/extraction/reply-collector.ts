import { ExtractionError } from './extraction.errors.ts';
import type { ExtractedDocument, ExtractedPage, ExtractionReply, ExtractionRequest } from './extraction.types.ts';

type TextReply = Extract<ExtractionReply, { type: 'text' }>;
type FinalReply = Exclude<ExtractionReply, { type: 'text' }>;

/** Puts the fragments of one file together. The child read hostile input, so its answers are bounded here again. */
export class ReplyCollector {
  readonly #request: ExtractionRequest;
  readonly #pages: ExtractedPage[] = [];
  #fragments: string[] = [];
  #characterCount = 0;

  constructor(request: ExtractionRequest) {
    this.#request = request;
  }

  /** @throws {ExtractionError} `too-large` when the child sends more than it was allowed to. */
  addText(reply: TextReply): void {
    const { maxCharacters, maxPages } = this.#request.limits;
    this.#characterCount += reply.text.length;
    if (this.#characterCount > maxCharacters || this.#pages.length > maxPages) {
      throw new ExtractionError('too-large', 'The file holds more text than allowed.');
    }
    this.#fragments.push(reply.text);
    if (!reply.isPageEnd) return;
    this.#pages.push({ number: reply.number, text: this.#fragments.join('') });
    this.#fragments = [];
  }

  /** @throws {ExtractionError} the failure the child reported. */
  finish(reply: FinalReply): ExtractedDocument {
    if (reply.type === 'failed') throw new ExtractionError(reply.code, reply.detail);
    const { mediaType } = this.#request;
    if (!reply.hasText) return { status: 'no-text-layer', mediaType, pageCount: this.#pages.length };
    return { status: 'extracted', mediaType, pages: this.#pages, unreadablePages: reply.unreadablePages };
  }
}
