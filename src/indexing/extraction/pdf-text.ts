import { getDocumentProxy } from 'unpdf';
import { ExtractionError } from './extraction.errors.ts';
import { normalisePageText } from './page-text.ts';
import type { ExtractedPage, ExtractionLimits } from './extraction.types.ts';

type PdfDocument = Awaited<ReturnType<typeof getDocumentProxy>>;

/** One page in order; `isUnreadable` tells a page that failed from one without text. */
export interface PdfPage extends ExtractedPage {
  readonly isUnreadable: boolean;
}

const PDF_MARK = '%PDF-';
/** Common viewers accept other bytes before the mark, within the first 1024 bytes of the file. */
const PDF_MARK_WINDOW_BYTES = 1024;
const SILENT = 0;
const NO_IMAGES = 1;

/**
 * The pages of a PDF, one at a time, with the line breaks the PDF has.
 *
 * @throws {ExtractionError} `unreadable`, `encrypted`, `too-large`, `empty`.
 */
export async function* readPdfPages(bytes: Uint8Array, limits: ExtractionLimits): AsyncGenerator<PdfPage> {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, PDF_MARK_WINDOW_BYTES));
  if (!head.includes(PDF_MARK)) throw new ExtractionError('unreadable', 'The file is named as PDF but is none.');
  const pdf = await open(bytes);
  try {
    if (pdf.numPages > limits.maxPages) {
      throw new ExtractionError('too-large', `The PDF has more than ${limits.maxPages} pages.`);
    }
    if (pdf.numPages < 1) throw new ExtractionError('empty', 'The PDF has no pages.');
    yield* readPages(pdf, limits);
  } finally {
    await pdf.loadingTask.destroy();
  }
}

async function* readPages(pdf: PdfDocument, limits: ExtractionLimits): AsyncGenerator<PdfPage> {
  let remainingCharacters = limits.maxCharacters;
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const text = await findPageText(pdf, number, remainingCharacters);
    remainingCharacters -= text?.length ?? 0;
    if (remainingCharacters < 0) {
      throw new ExtractionError('too-large', `The PDF holds more than ${limits.maxCharacters} characters of text.`);
    }
    yield { number, text: text ?? '', isUnreadable: text === undefined };
  }
}

/** Undefined when this page is broken; the caller keeps the others. */
async function findPageText(pdf: PdfDocument, number: number, maxCharacters: number): Promise<string | undefined> {
  try {
    const page = await pdf.getPage(number);
    const text = await collectText(page, maxCharacters);
    page.cleanup();
    return normalisePageText(text);
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return undefined;
  }
}

/** Stops soon after `maxCharacters`, so that one page cannot fill the memory; the caller then refuses the file. */
async function collectText(page: Awaited<ReturnType<PdfDocument['getPage']>>, maxCharacters: number): Promise<string> {
  const reader = page.streamTextContent().getReader();
  let text = '';
  for (;;) {
    const { done, value } = (await reader.read()) as { done: boolean; value?: { items: readonly object[] } };
    if (done || value === undefined) return text;
    for (const item of value.items) {
      if (!('str' in item)) continue;
      text += String(item.str);
      if ('hasEOL' in item && item.hasEOL === true) text += '\n';
    }
    if (text.length > maxCharacters) {
      await reader.cancel(new Error('text limit reached'));
      return text;
    }
  }
}

async function open(bytes: Uint8Array): Promise<PdfDocument> {
  try {
    return await getDocumentProxy(bytes, {
      verbosity: SILENT,
      maxImageSize: NO_IMAGES,
      useSystemFonts: false,
      disableFontFace: true,
      useWorkerFetch: false,
      useWasm: false,
      enableXfa: false,
    });
  } catch (error) {
    if (error instanceof RangeError) throw error;
    if (error instanceof Error && error.name === 'PasswordException') {
      throw new ExtractionError('encrypted', 'The PDF asks for a password.', { cause: error });
    }
    throw new ExtractionError('unreadable', 'The PDF is damaged beyond reading.', { cause: error });
  }
}
