// Patterns of paths, as users and operators write them.
import { describe, expect, it } from '@jest/globals';
import { IndexingConfig } from '../../../src/config/indexing.config.ts';
import { findGlobFault, PathGlob } from '../../../src/indexing/rules/path-glob.ts';
import { validateSync } from 'class-validator';

describe('a pattern', () => {
  it.each([
    ['*.md', '/a.md', true],
    ['*.md', '/Documents/deep/er/a.MD', true],
    ['*.md', '/a.md.txt', false],
    ['*.md', '/notes.md/a.txt', true],
    ['drafts', '/Documents/drafts/a.txt', true],
    ['drafts', '/Documents/Drafts', true],
    ['drafts', '/Documents/drafts2/a.txt', false],
    ['drafts/', '/Documents/drafts/a.txt', true],
    ['drafts/', '/Documents/drafts', false],
    ['/drafts', '/Documents/drafts/a.txt', false],
    ['/drafts', '/drafts/a.txt', true],
    ['Documents/*.txt', '/Documents/a.txt', true],
    ['Documents/*.txt', '/x/Documents/a.txt', false],
    ['Documents/*.txt', '/Documents/sub/a.txt', false],
    ['/Documents/**/old/*.pdf', '/Documents/old/a.pdf', true],
    ['/Documents/**/old/*.pdf', '/Documents/x/y/old/a.pdf', true],
    ['/Documents/**/old/*.pdf', '/Documents/x/older/a.pdf', false],
    ['/**/b/**/c', '/a/b/b/x/c', true],
    ['/**/b/**/c', '/a/c/b', false],
    ['/Documents/**', '/Documents/sub/a.txt', true],
    ['/Documents/**', '/Documents', false],
    ['**', '/anything', true],
    ['report-?.pdf', '/report-1.pdf', true],
    ['report-?.pdf', '/report-10.pdf', false],
    ['~*', '/Documents/~$letter.txt', true],
    ['*a*b*', '/xxaxxbxx', true],
    ['*a*b*', '/xxbxxaxx', false],
    ['[draft].txt', '/[draft].txt', true],
    ['[draft].txt', '/d.txt', false],
    ['{a,b}.txt', '/a.txt', false],
    ['caf\u00e9.txt', '/cafe\u0301.txt', true],
  ])('%s on %s: %s', (pattern, path, expected) => {
    expect(findGlobFault(pattern)).toBeNull();
    expect(new PathGlob(pattern).matches(path)).toBe(expected);
  });

  it('takes steps in proportion to its length and the path, whatever it holds', () => {
    const pattern = `${'*a'.repeat(15)}${'a'.repeat(150)}b`;
    const folders = '/**/a/**/a/**/a/**/a/b';
    const path = `/${'a'.repeat(250)}`.repeat(16);
    const begin = performance.now();
    for (let round = 0; round < 20; round += 1) {
      expect(new PathGlob(pattern).matches(path)).toBe(false);
      expect(new PathGlob(folders).matches('/a'.repeat(2000))).toBe(false);
    }
    // Trying combinations would take longer than the universe has been there.
    expect(performance.now() - begin).toBeLessThan(20_000);
  });

  it.each([
    '',
    '/',
    '!keep.txt',
    'a\\b',
    'a\nb',
    'a//b',
    'a/../b',
    './a',
    'a**',
    'x/**b',
    '*'.repeat(17),
    'a'.repeat(201),
  ])('%j is refused, by the API and by the configuration', (pattern) => {
    expect(findGlobFault(pattern)).toMatch(/^m(ust|ay) /);
    const config = Object.assign(new IndexingConfig(), { exclude: [pattern] });
    expect(validateSync(config).map(({ property }) => property)).toEqual(['exclude']);
  });

  it.each(['*.pdf', '/Guidelines/**', 'drafts/', '~*', '**/x', 'a/**/b', '/a/b/'])('%s is taken by both', (pattern) => {
    expect(findGlobFault(pattern)).toBeNull();
    expect(validateSync(Object.assign(new IndexingConfig(), { include: [pattern] }))).toEqual([]);
  });
});
