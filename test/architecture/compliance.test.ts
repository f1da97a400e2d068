// docs/compliance.md and docs/threat-model.md name code and tests; what they name must exist.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const DOCUMENTS = ['docs/compliance.md', 'docs/threat-model.md'];
const NAME = /\b(?:[SRAP]\d+|X-(?:auth|oidc|idx|log|ops)\d+)\b/g;
const TITLES = globSync('test/**/*.test.ts')
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n');

/** The last cell of each row of each table: the tests. */
function testCells(document: string): string[] {
  return readFileSync(document, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
    .map((line) => line.split('|').at(-2) ?? '');
}

describe.each(DOCUMENTS)('%s', (document) => {
  it('names tests that exist', () => {
    const names = new Set(testCells(document).flatMap((cell) => cell.match(NAME) ?? []));
    expect(names.size).toBeGreaterThan(15);
    expect([...names].filter((name) => !new RegExp(`\\b${name}\\b`).test(TITLES))).toEqual([]);
  });

  it('names code that exists', () => {
    const paths = [...readFileSync(document, 'utf8').matchAll(/`(src\/[^`]+)`/g)].map((match) => match[1] ?? '');
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  });
});
