import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OwnerPassages } from '../../../src/indexing/passage-index/embedded/owner-passages.ts';
import { PostingsArena } from '../../../src/indexing/passage-index/embedded/postings-arena.ts';
import type { PassageChange, PassageHit } from '../../../src/indexing/passage-index/passage-index.types.ts';

const VOCABULARY = ['dose', 'renal', 'failure', 'insulin', 'potassium', 'fever'];

interface State {
  readonly documentId: string;
  readonly texts: readonly string[];
}

function applyAll(owner: OwnerPassages, change: PassageChange): void {
  for (const _ of owner.apply(change)) continue;
}

function change(documentId: string, sequence: number, texts: readonly string[] | null): PassageChange {
  const chunks = texts?.map((text, index) => ({ chunkId: `${documentId}/${index}`, text })) ?? null;
  return { documentId, sequence, sourceType: 'nextcloud', chunks };
}

/** BM25 written down plainly, to compare with. */
function expectedHits(states: readonly State[], query: readonly string[], limit: number): PassageHit[] {
  const chunks = states.flatMap(({ documentId, texts }) =>
    texts.map((text, index) => ({
      documentId,
      chunkId: `${documentId}/${index}`,
      words: text.split(' ').filter(Boolean),
    })),
  );
  const average = chunks.reduce((sum, { words }) => sum + words.length, 0) / chunks.length;
  const score = (words: readonly string[]): number =>
    query.reduce((sum, term) => {
      const frequency = words.filter((word) => word === term).length;
      const containing = chunks.filter((chunk) => chunk.words.includes(term)).length;
      const idf = Math.log(1 + (chunks.length - containing + 0.5) / (containing + 0.5));
      return sum + (idf * frequency * 2.2) / (frequency + 1.2 * (0.25 + (0.75 * words.length) / average));
    }, 0);
  return chunks
    .map(({ documentId, chunkId, words }) => ({ documentId, chunkId, score: score(words) }))
    .filter((hit) => hit.score > 0)
    .sort((a, b) => (Math.abs(b.score - a.score) > 1e-9 ? b.score - a.score : a.chunkId < b.chunkId ? -1 : 1))
    .slice(0, limit);
}

const text = fc.array(fc.constantFrom(...VOCABULARY), { maxLength: 12 }).map((words) => words.join(' '));
const history = fc.array(
  fc.record({
    documentId: fc.constantFrom('a', 'b', 'c', 'd'),
    texts: fc.option(fc.array(text, { maxLength: 4 }), { nil: null }),
  }),
  { maxLength: 20 },
);

describe('OwnerPassages', () => {
  it('scores as plain BM25 over what is left, whatever was replaced or removed before', () => {
    fc.assert(
      fc.property(
        history,
        fc.uniqueArray(fc.constantFrom(...VOCABULARY), { minLength: 1, maxLength: 3 }),
        (steps, query) => {
          const owner = new OwnerPassages();
          const states = new Map<string, State>();
          steps.forEach(({ documentId, texts }, index) => {
            applyAll(owner, change(documentId, index + 1, texts));
            if (texts === null) states.delete(documentId);
            else states.set(documentId, { documentId, texts });
          });
          const hits = owner.search(query.join(' '), { limit: 50 });
          const expected = expectedHits([...states.values()], query, 50);
          expect(new Set(hits.map(({ chunkId }) => chunkId))).toEqual(new Set(expected.map(({ chunkId }) => chunkId)));
          hits.forEach((hit, index) => expect(hit.score).toBeCloseTo(expected[index]?.score ?? -1, 9));
        },
      ),
    );
  });

  it('answers the same and gets smaller after most chunks were replaced', () => {
    const owner = new OwnerPassages();
    const texts = Array.from({ length: 400 }, (_, index) => `renal failure case${index} ${'dose '.repeat(index % 5)}`);
    for (let sequence = 1; sequence <= 3; sequence += 1) applyAll(owner, change('a', sequence, texts));
    const before = owner.byteLength;
    for (let sequence = 4; sequence <= 40; sequence += 1) applyAll(owner, change('a', sequence, texts));
    const fresh = new OwnerPassages();
    applyAll(fresh, change('a', 1, texts));
    expect(owner.byteLength).toBeLessThan(before * 2);
    expect(owner.search('dose case7', { limit: 20 })).toEqual(fresh.search('dose case7', { limit: 20 }));
  });

  it('shows a document only once all of its passages are in', () => {
    const owner = new OwnerPassages();
    applyAll(owner, change('a', 1, ['old insulin']));
    const running = owner.apply(change('a', 2, ['new insulin', 'more insulin']));
    running.next();
    expect(owner.search('insulin', { limit: 9 }).map(({ chunkId }) => chunkId)).toEqual(['a/0']);
    expect(owner.search('new', { limit: 9 })).toEqual([]);
    for (const _ of running) continue;
    expect(owner.search('insulin', { limit: 9 })).toHaveLength(2);
    expect(owner.search('old', { limit: 9 })).toEqual([]);
  });

  it('ignores a repeated or older change, also of a removed document', () => {
    const owner = new OwnerPassages();
    applyAll(owner, change('a', 5, ['insulin']));
    applyAll(owner, change('a', 6, null));
    applyAll(owner, change('a', 5, ['insulin']));
    expect(owner.search('insulin', { limit: 9 })).toEqual([]);
    expect(owner.appliedSequence).toBe(6);
  });

  it('lets only permitted documents and source types through, and none for an empty filter', () => {
    const owner = new OwnerPassages();
    applyAll(owner, change('a', 1, ['insulin']));
    applyAll(owner, { ...change('b', 2, ['insulin']), sourceType: 'upload' });
    const idsOf = (options: object): string[] =>
      owner.search('insulin', { limit: 9, ...options }).map(({ documentId }) => documentId);
    expect(idsOf({ documentIds: ['b', 'unknown'] })).toEqual(['b']);
    expect(idsOf({ sourceTypes: ['nextcloud'] })).toEqual(['a']);
    expect(idsOf({ documentIds: ['a'], sourceTypes: ['upload'] })).toEqual([]);
    expect(idsOf({ documentIds: [] })).toEqual([]);
    expect(idsOf({ sourceTypes: [] })).toEqual([]);
  });
});

describe('PostingsArena', () => {
  it('gives back every list exactly, however the appends were mixed', () => {
    const appends = fc.array(
      fc.record({
        list: fc.nat(5),
        step: fc.integer({ min: 1, max: 3_000_000 }),
        frequency: fc.integer({ min: 1, max: 300 }),
      }),
      { maxLength: 600 },
    );
    fc.assert(
      fc.property(appends, (steps) => {
        const arena = new PostingsArena();
        const lists = Array.from({ length: 6 }, () => ({
          list: arena.createList(),
          postings: [] as [number, number][],
        }));
        let chunk = -1;
        for (const { list, step, frequency } of steps) {
          chunk += step;
          arena.append(lists[list]?.list ?? -1, chunk, frequency);
          lists[list]?.postings.push([chunk, Math.min(frequency, 255)]);
        }
        for (const { list, postings } of lists) {
          const chunks = new Int32Array(arena.postingCount(list));
          const frequencies = new Uint8Array(chunks.length);
          arena.readList(list, chunks, frequencies);
          expect([...chunks].map((value, index) => [value, frequencies[index]])).toEqual(postings);
        }
      }),
    );
  });
});
