import { markdownSections, type Section } from './markdown-sections.ts';
import { avoidSplittingPair, findCut, findOverlapStart, skipBlanks, trimBlanksBefore } from './text-boundary.ts';
import type { Chunk, ChunkablePage, ChunkingOptions } from './chunk.types.ts';

interface CutLengths {
  readonly target: number;
  readonly overlap: number;
}

const DEFAULT_TARGET_CHARACTERS = 900;
const DEFAULT_OVERLAP_CHARACTERS = 120;
const MIN_TARGET_CHARACTERS = 100;

/**
 * Cuts a document into passages. A chunk never crosses a page, nor a Markdown heading; every character other than white
 * space is in at least one chunk; a document shorter than the target is one chunk, however short. The same pages and
 * options always give the same chunks, in time linear in the text.
 *
 * @throws {RangeError} for a target below 100 or an overlap outside 0..target/4.
 */
export function chunkPages(pages: readonly ChunkablePage[], options: ChunkingOptions = {}): Chunk[] {
  return [...iterateChunks(pages, options)];
}

/** As chunkPages, one at a time: lets the caller give way to other work within a document of millions of characters. */
export function* iterateChunks(pages: Iterable<ChunkablePage>, options: ChunkingOptions = {}): Generator<Chunk> {
  const lengths = checkedLengths(options);
  let position = 0;
  for (const page of pages) {
    const sections = options.isMarkdown === true ? markdownSections(page.text) : [{ start: 0, end: page.text.length }];
    for (const section of sections) {
      for (const { start, end } of cutSection(page.text, section, lengths)) {
        const text = page.text.slice(start, end);
        yield { position, page: page.number, startOffset: start, endOffset: end, text };
        position += 1;
      }
    }
  }
}

function* cutSection(text: string, section: Section, { target, overlap }: CutLengths): Generator<Section> {
  const end = trimBlanksBefore(text, section.start, section.end);
  let start = skipBlanks(text, section.start, end);
  while (start < end) {
    if (end - start <= target) {
      yield { start, end };
      return;
    }
    const cut = findCut(text, start + Math.floor(target / 2), start + target);
    yield { start, end: trimBlanksBefore(text, start, cut) };
    start = nextStart(text, { start, end: cut }, overlap);
    start = skipBlanks(text, start, end);
  }
}

/** Repeats the end of the last chunk from a sentence or word on; text without any space repeats a fixed length. */
function nextStart(text: string, last: Section, overlapCharacters: number): number {
  if (overlapCharacters === 0) return last.end;
  const earliest = last.end - overlapCharacters;
  return findOverlapStart(text, earliest, last.end) ?? avoidSplittingPair(text, earliest);
}

function checkedLengths(options: ChunkingOptions): CutLengths {
  const target = options.targetCharacters ?? DEFAULT_TARGET_CHARACTERS;
  const overlap = options.overlapCharacters ?? DEFAULT_OVERLAP_CHARACTERS;
  if (!Number.isInteger(target) || target < MIN_TARGET_CHARACTERS) {
    throw new RangeError(`targetCharacters must be an integer of at least ${MIN_TARGET_CHARACTERS}`);
  }
  if (!Number.isInteger(overlap) || overlap < 0 || overlap > target / 4) {
    throw new RangeError('overlapCharacters must be an integer from 0 to a quarter of targetCharacters');
  }
  return { target, overlap };
}
