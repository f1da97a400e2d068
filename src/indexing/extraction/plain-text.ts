import { isUtf8 } from 'node:buffer';
import { ExtractionError } from './extraction.errors.ts';
import { normalisePageText } from './page-text.ts';
import type { ExtractionLimits } from './extraction.types.ts';

/** No encoding used here spends more bytes on one UTF-16 code unit than UTF-8, which spends three. */
const MAX_BYTES_PER_CHARACTER = 3;
const PDF_MARK = '%PDF-';

/**
 * The text of a TXT or Markdown file: UTF-8 or UTF-16 by byte order mark, else UTF-8, else windows-1252.
 *
 * @throws {ExtractionError} `unreadable` for binary content, `too-large`, `empty`.
 */
export function readPlainText(bytes: Uint8Array, limits: ExtractionLimits): string {
  if (bytes.byteLength > limits.maxCharacters * MAX_BYTES_PER_CHARACTER) throw tooMuchText(limits);
  const text = decode(bytes);
  if (text.includes('\u0000') || text.startsWith(PDF_MARK)) {
    throw new ExtractionError('unreadable', 'The file is named as text but holds something else.');
  }
  const page = normalisePageText(text);
  if (page.length > limits.maxCharacters) throw tooMuchText(limits);
  if (page.trim() === '') throw new ExtractionError('empty', 'The file holds no text.');
  return page;
}

function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder(isUtf8(bytes) ? 'utf-8' : 'windows-1252').decode(bytes);
}

function tooMuchText(limits: ExtractionLimits): ExtractionError {
  return new ExtractionError('too-large', `The file holds more than ${limits.maxCharacters} characters of text.`);
}
