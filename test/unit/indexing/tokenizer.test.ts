import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { queryTerms, tokenize } from '../../../src/indexing/passage-index/tokenizer.ts';

const terms = (text: string): string[] => [...tokenize(text)];

describe('tokenize', () => {
  it.each([
    ['keeps names with digits whole', 'HbA1c and CYP2D6', ['hba1c', 'cyp2d6']],
    ['lets 5mg and 5 mg meet', '5mg = 5 mg', ['5', 'mg', '5', 'mg']],
    ['reads decimals of both languages alike', '7.5 mg, 7,5mg', ['7.5', 'mg', '7.5', 'mg']],
    ['folds diacritics, ligatures and sharp s', 'Größe ﬁbrosis naïve', ['grosse', 'fibrosi', 'naive']],
    ['composed and decomposed letters are one', 'u\u0308ber \u00fcbel ubel', ['ubel', 'ubel']],
    ['splits at hyphens', 'beta-blocker COVID-19', ['beta', 'blocker', 'covid', '19']],
    ['reduces English plurals', 'guidelines therapies doses', ['guideline', 'therapy', 'dose']],
    ['leaves words out that are everywhere, but not WHO', 'what does the WHO say', ['who', 'say']],
    ['gives nothing for marks and blanks', ' -- !! \n', []],
    ['keeps other scripts', 'кровь 血圧', ['кровь', '血圧']],
  ])('%s', (_, text, expected) => {
    expect(terms(text)).toEqual(expected);
  });

  it('gives bounded terms for any text, and the same for its own terms again up to plurals', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        for (const term of terms(text)) {
          expect(term.length).toBeGreaterThan(0);
          expect(term.length).toBeLessThanOrEqual(64);
          expect(/\s/.test(term)).toBe(false);
        }
      }),
    );
  });

  it('takes at most 64 distinct terms and 2,000 characters of a query', () => {
    const many = Array.from({ length: 500 }, (_, index) => `w${index}x`).join(' ');
    expect(queryTerms(many)).toHaveLength(64);
    expect(queryTerms(`${'dose '.repeat(400)}late`)).toEqual(['dose']);
  });
});
