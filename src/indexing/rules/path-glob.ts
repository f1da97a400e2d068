const MAX_CHARACTERS = 200;
const MAX_WILDCARDS = 16;
const ANY_NAMES = '**';
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const FORBIDDEN = /[\u0000-\u001f\u007f\\]/;

/**
 * A pattern of paths. `*` stands for any characters of one name, `?` for one of them, and a name `**` for any number of
 * names; everything else stands for itself, in upper or lower case. A pattern with a slash at its beginning or between
 * names begins at the root of the account, any other fits at every depth; one that ends in a slash fits folders only.
 * What fits a folder fits everything in it.
 *
 * Matching takes time in proportion to pattern and path together: no pattern makes it try combinations.
 */
export class PathGlob {
  readonly #names: readonly string[];
  readonly #isFolderOnly: boolean;

  /** @param pattern one in which `findGlobFault` finds no fault */
  constructor(pattern: string) {
    const folded = fold(pattern).replace(/\/\*\*$/, '/');
    this.#isFolderOnly = folded.endsWith('/');
    const trimmed = folded.replace(/^\/+|\/+$/g, '');
    const isAnchored = folded.startsWith('/') || trimmed.includes('/');
    const names = trimmed === '' ? [] : trimmed.split('/');
    this.#names = isAnchored ? names : [ANY_NAMES, ...names];
  }

  /** @param path of a file, absolute */
  matches(path: string): boolean {
    const names = fold(path).slice(1).split('/');
    return beginsWith(this.#isFolderOnly ? names.slice(0, -1) : names, this.#names);
  }
}

/** What is wrong with a pattern, in words for whoever wrote it; null when nothing is. */
export function findGlobFault(pattern: string): string | null {
  if (pattern.replace(/^\/+|\/+$/g, '') === '') return 'must name something';
  if (pattern.length > MAX_CHARACTERS) return `must not be longer than ${MAX_CHARACTERS} characters`;
  if (!pattern.isWellFormed()) return 'must be well-formed Unicode';
  if (FORBIDDEN.test(pattern)) return 'must not hold control characters or a backslash';
  if (pattern.startsWith('!')) return 'must not begin with !: a rule cannot take back another one';
  const names = pattern.replace(/^\/|\/$/g, '').split('/');
  if (names.some((name) => name === '' || name === '.' || name === '..')) return 'must not hold empty names, . or ..';
  if (names.some((name) => name !== ANY_NAMES && name.includes(ANY_NAMES))) return 'may hold ** only as a whole name';
  if ((pattern.match(/[*?]/g) ?? []).length > MAX_WILDCARDS) return `must not hold more than ${MAX_WILDCARDS} * and ?`;
  return null;
}

function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/** Whether the first of `names`, some or all, fit `pattern`. After a mismatch only the last `**` takes one name more. */
function beginsWith(names: readonly string[], pattern: readonly string[]): boolean {
  let at = 0;
  let place = 0;
  let anyPlace = -1;
  let anyAt = 0;
  while (place < pattern.length) {
    const wanted = pattern[place];
    if (wanted === ANY_NAMES) {
      anyPlace = place;
      anyAt = at;
      place += 1;
    } else if (at < names.length && fits(names[at] ?? '', wanted ?? '')) {
      at += 1;
      place += 1;
    } else {
      if (anyPlace === -1 || anyAt >= names.length) return false;
      anyAt += 1;
      at = anyAt;
      place = anyPlace + 1;
    }
  }
  return true;
}

/** The same for the characters of one name and `*`, all of which must fit. */
function fits(name: string, pattern: string): boolean {
  let at = 0;
  let place = 0;
  let starPlace = -1;
  let starAt = 0;
  while (at < name.length) {
    const wanted = pattern[place];
    if (wanted === '*') {
      starPlace = place;
      starAt = at;
      place += 1;
    } else if (wanted === '?' || wanted === name[at]) {
      at += 1;
      place += 1;
    } else {
      if (starPlace === -1) return false;
      starAt += 1;
      at = starAt;
      place = starPlace + 1;
    }
  }
  return [...pattern.slice(place)].every((character) => character === '*');
}
