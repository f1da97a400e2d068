import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chunkPages } from '../../../src/indexing/chunking/chunk-pages.ts';
import type { Chunk, ChunkablePage } from '../../../src/indexing/chunking/chunk.types.ts';
import { processorMs } from '../../support/processor-time.ts';

const page = (text: string, number: number | null = 1): ChunkablePage => ({ number, text });

const prose = fc
  .array(
    fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom('. ', '\n\n', '\n# Title\n', ' ', '𝒜')),
    {
      maxLength: 120,
    },
  )
  .map((parts) => parts.join('').replace(/\p{Surrogate}/gu, ''));
const options = fc.record({
  targetCharacters: fc.integer({ min: 100, max: 400 }),
  overlapCharacters: fc.integer({ min: 0, max: 25 }),
  isMarkdown: fc.boolean(),
});

function assertExact(pages: readonly ChunkablePage[], chunks: readonly Chunk[]): void {
  chunks.forEach((chunk, index) => {
    const text = pages.find(({ number }) => number === chunk.page)?.text ?? '';
    expect(chunk.position).toBe(index);
    expect(chunk.text).toBe(text.slice(chunk.startOffset, chunk.endOffset));
    expect(/\p{Surrogate}/u.test(chunk.text)).toBe(false);
    expect(chunk.text.trim()).not.toBe('');
  });
}

describe('chunkPages', () => {
  it('cuts any pages into exact, bounded slices that cover every character but white space', () => {
    fc.assert(
      fc.property(fc.array(prose, { minLength: 1, maxLength: 3 }), options, (texts, chosen) => {
        const pages = texts.map((text, index) => page(text, index + 1));
        const chunks = chunkPages(pages, chosen);
        assertExact(pages, chunks);
        expect(chunks.every(({ text }) => text.length <= chosen.targetCharacters)).toBe(true);
        for (const { number, text } of pages) {
          const rest = text.split('');
          for (const chunk of chunks.filter((candidate) => candidate.page === number)) {
            rest.fill(' ', chunk.startOffset, chunk.endOffset);
          }
          expect(rest.join('').trim()).toBe('');
        }
        expect(chunkPages(pages, chosen)).toEqual(chunks);
      }),
    );
  });

  it('makes one chunk of a text of a few characters and none of blanks', () => {
    expect(chunkPages([page('  Dose: 5 mg \n', null)])).toEqual([
      { position: 0, page: null, startOffset: 2, endOffset: 12, text: 'Dose: 5 mg' },
    ]);
    expect(chunkPages([page(' \n\t')])).toEqual([]);
  });

  it('never crosses a page', () => {
    const chunks = chunkPages([page('First.', 1), page('', 2), page('Third.', 3)]);
    expect(chunks.map(({ page: number, text }) => [number, text])).toEqual([
      [1, 'First.'],
      [3, 'Third.'],
    ]);
  });

  it('prefers a paragraph end, then a sentence end, then a word end', () => {
    const long = (separator: string): string => `${'word '.repeat(15).trim()}${separator}${'more '.repeat(30)}`;
    const firstOf = (text: string): string =>
      chunkPages([page(text)], { targetCharacters: 130, overlapCharacters: 0 })[0]?.text ?? '';
    expect(firstOf(long('\n\nMiddle. And '))).toBe('word '.repeat(15).trim());
    expect(firstOf(long('. And '))).toBe(`${'word '.repeat(15).trim()}.`);
    expect(firstOf('word '.repeat(60))).toBe('word '.repeat(26).trim());
  });

  it('repeats the last sentence of a chunk at the start of the next', () => {
    const text = `${'Filler words come here. '.repeat(10)}Give 5 mg daily. ${'Then more follows on. '.repeat(10)}`;
    const chunks = chunkPages([page(text)], { targetCharacters: 257, overlapCharacters: 30 });
    expect(chunks[0]?.text.endsWith('Give 5 mg daily.')).toBe(true);
    expect(chunks[1]?.text.startsWith('Give 5 mg daily.')).toBe(true);
  });

  it('starts a chunk at each Markdown heading that has text, but not inside a code fence', () => {
    const text = '# Title\n\n## Dose\n5 mg\n\n```\n# not a heading\n```\n## Risks\nNone\n';
    expect(chunkPages([page(text, null)], { isMarkdown: true }).map((chunk) => chunk.text)).toEqual([
      '# Title\n\n## Dose\n5 mg\n\n```\n# not a heading\n```',
      '## Risks\nNone',
    ]);
  });

  it('does not explode on a file made of headings', () => {
    const chunks = chunkPages([page('# a\nb\n'.repeat(100_000))], { isMarkdown: true });
    expect(chunks.length).toBeLessThan(1_000);
  });

  it.each([
    ['prose', 'The patient should be reviewed after two weeks. '],
    ['text without any space', 'x'],
    ['blanks with a letter far apart', `${' '.repeat(5_000)}x`],
    ['surrogate pairs', '𝒜'],
    ['line feeds', '\n\n\n\na'],
  ])('takes time linear in 20 million characters of %s', (_, unit) => {
    const text = unit.repeat(Math.ceil(20_000_000 / unit.length));
    const before = processorMs();
    expect(chunkPages([page(text, null)], { isMarkdown: true }).length).toBeGreaterThan(1_000);
    expect(processorMs() - before).toBeLessThan(10_000);
  });

  it('refuses lengths that cannot work', () => {
    expect(() => chunkPages([page('x')], { targetCharacters: 99 })).toThrow(RangeError);
    expect(() => chunkPages([page('x')], { targetCharacters: 200, overlapCharacters: 51 })).toThrow(RangeError);
  });
});
