// .env.example, docs/configuration.md, the configuration classes and the code that uses them tell one story.
import { describe, expect, it } from '@jest/globals';
import { CONFIG_SLICES } from '../../src/config/configuration.ts';
import { familiesOf, variablesOf } from '../../src/config/variable.ts';
import { readText, sourceFiles } from './source-files.ts';

const VARIABLES = CONFIG_SLICES.flatMap((slice) => [slice, ...familiesOf(slice).map(({ member }) => member)]).flatMap(
  (slice) => variablesOf(slice),
);
const NAMES = VARIABLES.map(({ name }) => name);
const SPELLINGS = VARIABLES.flatMap(({ name, aliases = [] }) => [name, ...aliases]);

/** Names assigned in a file of environment variables, commented out or not. */
function namesIn(path: string): string[] {
  return [...readText(path).matchAll(/^(?:#\s?)?([A-Z][A-Z0-9_<>]+)=/gm)].map(([, name]) => name!);
}

describe('environment', () => {
  it('has one meaning per name', () => {
    expect(SPELLINGS).toHaveLength(new Set(SPELLINGS).size);
  });

  it('lists in .env.example every variable that the server reads, and no other', () => {
    const listed = namesIn('.env.example');
    expect(NAMES.filter((name) => !listed.includes(name))).toEqual([]);
    expect(listed.filter((name) => !SPELLINGS.includes(name))).toEqual([]);
  });

  it('describes every variable and every other spelling in docs/configuration.md', () => {
    const document = readText('docs/configuration.md');
    expect(SPELLINGS.filter((name) => !document.includes(`\`${name}\``))).toEqual([]);
  });

  it('F14 has each variable under the heading of its slice, and a heading for each slice', () => {
    const pages = { '.env.example': /^# ---- (.*) ----$/m, 'docs/configuration.md': /^## (.*)$/m };
    for (const [path, heading] of Object.entries(pages)) {
      const [, ...parts] = readText(path).split(heading);
      const sections = parts.flatMap((part, index) =>
        index % 2 === 0 ? [[part, parts[index + 1] ?? ''] as const] : [],
      );
      expect(sections.map(([title]) => title)).toEqual(CONFIG_SLICES.map(({ title }) => title));
      for (const [index, slice] of CONFIG_SLICES.entries()) {
        const missing = variablesOf(slice).filter(({ name }) => !sections[index]?.[1].includes(name));
        expect([slice.title, missing.map(({ name }) => name)]).toEqual([slice.title, []]);
      }
    }
  });

  it('has no variable that nothing uses', () => {
    const texts = sourceFiles('src').map(({ text }) => text);
    // Its declaration is one mention; whoever uses it is another.
    const unused = VARIABLES.filter(({ property }) => {
      const mentions = texts.flatMap((text) => [...text.matchAll(new RegExp(`\\b${property}\\b`, 'g'))]);
      return mentions.length < 2;
    });
    expect(unused.map(({ name }) => name)).toEqual([]);
  });
});
