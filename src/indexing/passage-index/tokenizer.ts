import { STOP_WORDS } from './stop-words.ts';

/** Bounds for text that may be hostile. */
export const MAX_QUERY_CHARACTERS = 2_000;
export const MAX_QUERY_TERMS = 64;
const MAX_TERM_CHARACTERS = 64;

/** A decimal number, or letters and digits with the marks that belong to them. */
const WORD = /\d+[.,]\d+(?![.,]?\d)|[\p{L}\p{N}\p{M}]+/gu;
const QUANTITY = /^(\d+(?:[.,]\d+)?)(\p{L}{1,4})$/u;
const PLAIN_ASCII = /^[\u0000-\u007f]*$/; // eslint-disable-line no-control-regex -- the range of ASCII
const MARKS = /\p{M}+/gu;
/** Letters that carry no separable mark, yet are written without it in searches. */
const FOLDED_LETTERS: ReadonlyMap<string, string> = new Map([
  ['ß', 'ss'],
  ['æ', 'ae'],
  ['œ', 'oe'],
  ['ø', 'o'],
  ['ł', 'l'],
  ['đ', 'd'],
  ['ı', 'i'],
]);
const UNFOLDED = /[ßæœøłđı]/g;

/**
 * The terms of a text in order: Unicode words, lower-case, compatibility forms and diacritics folded, English plurals
 * reduced, common English and German words left out. Numbers and names like `HbA1c` stay whole; `5mg` gives `5` and `mg`,
 * so that it meets `5 mg`.
 */
export function* tokenize(text: string): Generator<string> {
  for (const [word] of fold(text).matchAll(WORD)) {
    const [, amount, unit] = QUANTITY.exec(word) ?? [];
    if (amount === undefined || unit === undefined) {
      if (!STOP_WORDS.has(word)) yield toTerm(word);
    } else {
      yield toTerm(amount);
      yield toTerm(unit);
    }
  }
}

/** The distinct terms of a query, at most 64, from at most its first 2,000 characters. */
export function queryTerms(query: string): string[] {
  const terms = new Set<string>();
  for (const term of tokenize(query.slice(0, MAX_QUERY_CHARACTERS))) {
    terms.add(term);
    if (terms.size === MAX_QUERY_TERMS) break;
  }
  return [...terms];
}

function fold(text: string): string {
  if (PLAIN_ASCII.test(text)) return text.toLowerCase();
  return text
    .normalize('NFKD')
    .replace(MARKS, '')
    .toLowerCase()
    .replace(MARKS, '')
    .replace(UNFOLDED, (letter) => FOLDED_LETTERS.get(letter) ?? letter);
}

function toTerm(word: string): string {
  const term = word.length > MAX_TERM_CHARACTERS ? word.slice(0, MAX_TERM_CHARACTERS) : word;
  return withoutPlural(term.replace(',', '.'));
}

/** The "S stemmer" (Harman, "How effective is suffixing?", 1991): plurals only, so few words fall together wrongly. */
function withoutPlural(term: string): string {
  if (term.length < 4 || !term.endsWith('s')) return term;
  if (term.endsWith('ies') && !/[ae]ies$/.test(term)) return `${term.slice(0, -3)}y`;
  if (term.endsWith('es') && !/[aeo]es$/.test(term)) return term.slice(0, -1);
  if (/[us]s$/.test(term)) return term;
  return term.slice(0, -1);
}
