import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { extractiveAnswer, NOTHING_FOUND } from '../../../src/indexing/answering/extractive-answer.ts';
import { inertText } from '../../../src/indexing/answering/inert-text.ts';
import { sentenceSpans } from '../../../src/indexing/answering/sentence-spans.ts';
import type { RetrievedPassage } from '../../../src/indexing/answering/answer.types.ts';

function passage(text: string, over: Partial<RetrievedPassage> = {}): RetrievedPassage {
  const startOffset = over.startOffset ?? 0;
  return {
    documentId: 'doc',
    chunkId: 'chunk',
    title: 'Guideline',
    path: '/guideline.pdf',
    revision: 'etag-1',
    page: 3,
    score: 5,
    text,
    ...over,
    startOffset,
    endOffset: startOffset + text.length,
  };
}

const METFORMIN =
  'This chapter is about diabetes in adults. Start metformin at a dose of 500 mg\ntwice daily with meals. ' +
  'Measure renal function every year. Dr. Meier wrote this chapter.';

describe('extractiveAnswer', () => {
  it('quotes the sentence that answers, with its exact place in the page', () => {
    const page = `Heading words\n\n${METFORMIN}`;
    const { answer, citations } = extractiveAnswer('What dose of metformin to start with?', [
      passage(METFORMIN, { startOffset: 15 }),
    ]);
    expect(answer).toBe('“Start metformin at a dose of 500 mg twice daily with meals.” [1]');
    const [citation] = citations;
    expect(citation).toMatchObject({
      number: 1,
      documentId: 'doc',
      revision: 'etag-1',
      page: 3,
      path: '/guideline.pdf',
    });
    expect(citation?.quotedText).toBe('Start metformin at a dose of 500 mg\ntwice daily with meals.');
    expect(page.slice(citation?.startOffset, citation?.endOffset)).toBe(citation?.quotedText);
  });

  it('cites only passages it quotes', () => {
    const { citations } = extractiveAnswer('metformin dose', [
      passage(METFORMIN),
      passage('Fever is treated with paracetamol.', { documentId: 'other' }),
    ]);
    expect(citations.map(({ documentId }) => documentId)).toEqual(['doc']);
  });

  it.each([
    ['no passage', []],
    ['a passage on something else', [passage('Fever is treated with paracetamol.')]],
    ['a passage that shares only a common word', [passage('The dose of insulin is adjusted daily.')]],
  ])('says plainly that nothing was found for %s', (_, passages) => {
    expect(extractiveAnswer('warfarin dose before surgery in pregnancy', passages)).toEqual({
      answer: NOTHING_FOUND,
      citations: [],
    });
  });

  it('quotes a sentence once when chunks overlap or a file exists twice', () => {
    const sentence = 'Start metformin at a dose of 500 mg.';
    const { citations } = extractiveAnswer('metformin dose', [
      passage(`Intro text. ${sentence}`, { startOffset: 100, chunkId: 'first' }),
      passage(`${sentence} More text.`, { startOffset: 112, chunkId: 'second' }),
      passage(sentence, { documentId: 'copy' }),
    ]);
    expect(citations).toHaveLength(1);
  });

  it('finds the statement below a Markdown heading that names the subject, and does not quote the heading', () => {
    const text = '# Metformin dose\n\nBegin with 500 mg twice daily, the dose may rise.\n\n# Other\n\nNothing.';
    expect(extractiveAnswer('metformin dose', [passage(text, { page: null })]).answer).toBe(
      '“Begin with 500 mg twice daily, the dose may rise.” [1]',
    );
  });

  it('keeps to five sentences of four passages and to scores from 0 to 1', () => {
    const passages = Array.from({ length: 9 }, (_, index) =>
      passage(`Metformin dose rule ${index}. Another metformin dose rule ${index}b. Metformin dose case ${index}c.`, {
        documentId: `doc${index}`,
        score: 9 - index,
      }),
    );
    const { answer, citations } = extractiveAnswer('metformin dose', passages);
    expect(answer.match(/(?:rule|case)/g)?.length).toBeLessThanOrEqual(5);
    expect(new Set(citations.map(({ documentId }) => documentId)).size).toBeLessThanOrEqual(4);
    expect(citations.every(({ relevanceScore }) => relevanceScore >= 0 && relevanceScore <= 1)).toBe(true);
  });

  it('quotes exactly and without anything active for any text', () => {
    const hostile = fc.constantFrom(
      '[x](',
      ')',
      '![',
      '](https://e/?q=',
      '<img src=',
      'www.',
      '[1]',
      '\n',
      '. ',
      '\\',
      '&#91;',
      '://',
    );
    const text = fc
      .array(fc.oneof(hostile, fc.string({ unit: 'grapheme', maxLength: 12 }), fc.constant('metformin ')), {
        maxLength: 40,
      })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.nat(1000), (raw, startOffset) => {
        const page = `${'p'.repeat(startOffset)}${raw}`;
        const { answer, citations } = extractiveAnswer('metformin', [passage(raw, { startOffset })]);
        for (const citation of citations) {
          expect(page.slice(citation.startOffset, citation.endOffset)).toBe(citation.quotedText);
        }
        expect(answer.replace(/” \[\d\]$/gm, '')).not.toMatch(/[[\]]|:\/\/|www\.|<[a-z/!?]|&(#\d|\w+;)/i);
        expect(answer.match(/\[\d+\]/g) ?? []).toEqual(citations.map(({ number }) => `[${number}]`));
      }),
      { numRuns: 500 },
    );
  });
});

describe('inertText', () => {
  it.each([
    ['![logo](https://evil.example/?q=secret)', 'logo'],
    ['see [the guideline](https://evil.example "title") now', 'see the guideline now'],
    ['see [the guideline][1] and [1]: https://evil.example', 'see (the guideline)(1) and (1): (link removed)'],
    ['<img src=x onerror=y> but HbA1c <53 and >40', '< img src=x onerror=y> but HbA1c <53 and >40'],
    ['<https://evil.example>', '<(link removed)'],
    ['ht\u200btps://evil.example and https:\\//evil.example', '(link removed) and (link removed)'],
    ['https&#58;//evil.example', 'https& #58;//evil.example'],
    ['write to www.evil.example or mailto:a@evil.example', 'write to (link removed) or (link removed)'],
    ['dose [5 mg]\n twice', 'dose (5 mg) twice'],
  ])('makes %j inert', (quote, expected) => {
    expect(inertText(quote)).toBe(expected);
  });
});

describe('sentenceSpans', () => {
  const sentencesOf = (text: string): string[] => sentenceSpans(text).map(({ start, end }) => text.slice(start, end));

  it('joins the lines of running text and keeps list items apart', () => {
    expect(sentencesOf('One sentence\nover two lines. Next\n\n- first item\n- second item\n')).toEqual([
      'One sentence\nover two lines.',
      'Next',
      '- first item',
      '- second item',
    ]);
  });

  it('does not end a sentence after a title', () => {
    expect(sentencesOf('Dr. Meier, e.g. Monday, gave 2.5 mg. It helped.')).toEqual([
      'Dr. Meier, e.g. Monday, gave 2.5 mg.',
      'It helped.',
    ]);
  });

  it('cuts a table without full stops into bounded pieces at blanks', () => {
    const pieces = sentencesOf('cell 12 '.repeat(200));
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.every((piece) => piece.length <= 400 && /^cell|^12/.test(piece))).toBe(true);
  });
});
