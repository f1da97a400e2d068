import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ExtractionError } from '../../../src/indexing/extraction/extraction.errors.ts';
import { normalisePageText } from '../../../src/indexing/extraction/page-text.ts';
import { readPlainText } from '../../../src/indexing/extraction/plain-text.ts';

const LIMITS = { maxInputBytes: 1000, maxCharacters: 1000, maxPages: 1 };
const read = (bytes: Uint8Array): string => readPlainText(bytes, LIMITS);
const failureOf = (bytes: Uint8Array): string => {
  try {
    read(bytes);
  } catch (error) {
    if (error instanceof ExtractionError) return error.code;
    throw error;
  }
  return 'none';
};

describe('reading a text file', () => {
  it('reads UTF-8 and drops the byte order mark', () => {
    expect(read(Buffer.from('\ufeffBlutdruck über 140', 'utf8'))).toBe('Blutdruck über 140');
  });

  it('reads UTF-16 of both byte orders by their mark', () => {
    const little = Buffer.from('\ufeffGröße', 'utf16le');
    expect(read(little)).toBe('Größe');
    expect(read(Buffer.from(little).swap16())).toBe('Größe');
  });

  it('falls back to windows-1252 when the bytes are no UTF-8', () => {
    expect(read(Buffer.from([0x46, 0xfc, 0x72, 0x20, 0x80]))).toBe('Für €');
  });

  it('refuses NUL bytes as unreadable', () => {
    expect(failureOf(Buffer.from('abc\0def'))).toBe('unreadable');
  });

  it('refuses a PDF that is named as text', () => {
    expect(failureOf(Buffer.from('%PDF-1.7\n1 0 obj'))).toBe('unreadable');
  });

  it('calls a file of blanks empty', () => {
    expect(failureOf(Buffer.from(' \r\n\t\n'))).toBe('empty');
  });

  it('accepts text exactly at the cap and refuses one character more', () => {
    expect(read(Buffer.alloc(1000, 'a'))).toHaveLength(1000);
    expect(failureOf(Buffer.alloc(1001, 'a'))).toBe('too-large');
  });
});

describe('the stored form of a page', () => {
  it('unifies line ends and composes characters', () => {
    expect(normalisePageText('u\u0308ber\r\nzwei \rdrei\fvier')).toBe('über\nzwei\ndrei\nvier');
  });

  it('holds no NUL and no lone surrogate and stays as it is when normalised again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (raw) => {
        const text = normalisePageText(`${raw}\ud800${raw}\0${raw}`);
        expect(/[\0\r]|\p{Surrogate}/u.test(text)).toBe(false);
        expect(normalisePageText(text)).toBe(text);
      }),
    );
  });
});
