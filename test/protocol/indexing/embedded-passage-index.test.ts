import { afterEach, describe, expect, it } from '@jest/globals';
import { EmbeddedPassageIndex } from '../../../src/indexing/passage-index/embedded/embedded-passage-index.ts';
import {
  PassageIndexBehindError,
  PassageIndexFullError,
  PassageIndexUnavailableError,
} from '../../../src/indexing/passage-index/passage-index.errors.ts';
import type { PassageChange } from '../../../src/indexing/passage-index/passage-index.types.ts';

const FROM_START = { afterSequence: 0 };
const indexes: EmbeddedPassageIndex[] = [];

afterEach(async () => {
  for (const index of indexes.splice(0)) await index.close();
});

function indexWith(maxMemoryMb = 64): EmbeddedPassageIndex {
  const index = new EmbeddedPassageIndex({ maxMemoryMb });
  indexes.push(index);
  return index;
}

function change(documentId: string, sequence: number, texts: readonly string[]): PassageChange {
  const chunks = texts.map((text, position) => ({ chunkId: `${documentId}/${position}`, text }));
  return { documentId, sequence, sourceType: 'nextcloud', chunks };
}

function largeChange(documentId: string, sequence: number, chunkCount: number): PassageChange {
  const text = (chunk: number): string => Array.from({ length: 100 }, (_, word) => `w${chunk}x${word}`).join(' ');
  return change(
    documentId,
    sequence,
    Array.from({ length: chunkCount }, (_, chunk) => text(chunk)),
  );
}

describe('EmbeddedPassageIndex', () => {
  it('finds the passage with the rarer word first', async () => {
    const index = indexWith();
    await index.apply('anna', [change('a', 1, ['dose of insulin', 'dose of metformin', 'dose'])], FROM_START);
    const hits = await index.search('anna', 'Metformin dose?', { limit: 2 });
    expect(hits.map(({ chunkId }) => chunkId)).toEqual(['a/1', 'a/2']);
  });

  it('never shows one owner the passages or word statistics of another', async () => {
    const index = indexWith();
    const own = [change('a', 1, ['insulin pump', 'fever'])];
    await index.apply('anna', own, FROM_START);
    const alone = await index.search('anna', 'insulin', { limit: 5 });
    await index.apply('bert', [change('b', 1, Array<string>(50).fill('insulin'))], FROM_START);
    expect(await index.search('anna', 'insulin', { limit: 5 })).toEqual(alone);
    expect(await index.search('anna', 'insulin', { limit: 5, documentIds: ['b'] })).toEqual([]);
    expect(await index.search('carl', 'insulin', { limit: 5 })).toEqual([]);
  });

  it('keeps the sequence it applied and starts from 0 after forgetting the owner', async () => {
    const index = indexWith();
    await index.apply('anna', [change('a', 3, ['x']), change('b', 7, ['insulin'])], FROM_START);
    expect(await index.appliedSequence('anna')).toBe(7);
    await index.forget('anna');
    expect(await index.appliedSequence('anna')).toBe(0);
    expect(await index.search('anna', 'insulin', { limit: 5 })).toEqual([]);
  });

  it('says that it is behind instead of answering from less or applying over a gap', async () => {
    const index = indexWith();
    await index.apply('anna', [change('a', 3, ['insulin'])], FROM_START);
    const early = index.search('anna', 'insulin', { limit: 5, atLeastSequence: 4 });
    await expect(early).rejects.toMatchObject({ name: 'PassageIndexBehindError', appliedSequence: 3 });
    const gap = index.apply('anna', [change('b', 9, ['insulin'])], { afterSequence: 8 });
    await expect(gap).rejects.toBeInstanceOf(PassageIndexBehindError);
    expect(await index.appliedSequence('anna')).toBe(3);
  });

  it('answers searches while a large document is being applied', async () => {
    const index = indexWith(256);
    await index.apply('anna', [change('a', 1, ['insulin'])], FROM_START);
    let isApplied = false;
    const running = index.apply('bert', [largeChange('big', 1, 5_000)], FROM_START).then(() => {
      isApplied = true;
    });
    expect(await index.search('anna', 'insulin', { limit: 5 })).toHaveLength(1);
    expect(isApplied).toBe(false);
    await running;
    expect(await index.search('bert', 'w4999x99', { limit: 5 })).toHaveLength(1);
  });

  it('evicts the least recently used owner when memory runs short', async () => {
    const index = indexWith(8);
    await index.apply('anna', [largeChange('a', 1, 300)], FROM_START);
    await index.apply('bert', [largeChange('b', 1, 300)], FROM_START);
    await index.search('anna', 'w1x1', { limit: 1 });
    await index.apply('carl', [largeChange('c', 1, 300)], FROM_START);
    const sequences = await Promise.all(['anna', 'bert', 'carl'].map((owner) => index.appliedSequence(owner)));
    expect(sequences).toEqual([1, 0, 1]);
  });

  it('refuses an owner that alone is larger than the memory, and drops him', async () => {
    const index = indexWith(8);
    const tooMuch = index.apply('anna', [largeChange('a', 1, 5_000)], FROM_START);
    await expect(tooMuch).rejects.toBeInstanceOf(PassageIndexFullError);
    expect(await index.appliedSequence('anna')).toBe(0);
    await index.apply('anna', [change('a', 1, ['small'])], FROM_START);
    expect(await index.search('anna', 'small', { limit: 5 })).toHaveLength(1);
  });

  it('survives a hostile query', async () => {
    const index = indexWith();
    await index.apply('anna', [change('a', 1, ['constructor insulin __proto__'])], FROM_START);
    const query = `__proto__ constructor ${'\ud800\0 %27 ('.repeat(100_000)}`;
    expect(await index.search('anna', query, { limit: 5 })).toHaveLength(1);
    expect(await index.search('anna', ' ?! ', { limit: 5 })).toEqual([]);
    await expect(index.search('anna', 'x', { limit: 0 })).rejects.toBeInstanceOf(RangeError);
  });

  it('rejects calls under way and later ones once closed', async () => {
    const index = indexWith();
    const running = index.apply('anna', [largeChange('a', 1, 2_000)], FROM_START);
    const outcome = expect(running).rejects.toBeInstanceOf(PassageIndexUnavailableError);
    await index.close();
    await outcome;
    await expect(index.appliedSequence('anna')).rejects.toBeInstanceOf(PassageIndexUnavailableError);
  });

  it('starts again empty after its thread died', async () => {
    const index = indexWith();
    await index.apply('anna', [change('a', 1, ['insulin'])], FROM_START);
    const broken = index.apply('anna', [{ ...change('b', 2, []), chunks: [{}] } as unknown as PassageChange], {
      afterSequence: 1,
    });
    await expect(broken).rejects.toBeInstanceOf(PassageIndexUnavailableError);
    expect(await index.appliedSequence('anna')).toBe(0);
  });
});
