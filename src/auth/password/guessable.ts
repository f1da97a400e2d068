/** Keys in the order in which they lie on a keyboard, and the alphabet; also read backwards. */
const ROWS = ['1234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'abcdefghijklmnopqrstuvwxyz', 'qwertzuiopü'];
const SEQUENCES = ROWS.flatMap((row) => [row + row, reversed(row) + reversed(row)]);

const LEAST_RUN = 3;
const MAX_WORD_LENGTH = 32;
const MAX_DIGITS = 8;
const LONGEST_UNIT = 12;
const SEPARATORS = /[\s._-]+/g;
const EDGE_MARKS = /^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu;

/**
 * Whether a password is among the first that anybody would try: a listed or own word, a run of keys, or one of them
 * repeated or combined with a run, with digits or with marks around it. Says nothing about characters that a
 * password must have.
 *
 * @param isWord true for a lower-case word that is common or that belongs to the account
 */
export function isGuessable(password: string, isWord: (text: string) => boolean): boolean {
  const folded = password.normalize('NFKC').toLowerCase();
  const bare = folded.replaceAll(EDGE_MARKS, '');
  return [folded, bare, bare.replaceAll(SEPARATORS, '')]
    .filter((text) => text.length * 2 >= folded.length)
    .some((text) => isWord(text) || isRepetition(text, isWord) || isRun(text) || isWordAndFiller(text, isWord));
}

/** One short unit, or a word, over and over; the last one may be cut. */
function isRepetition(text: string, isWord: (text: string) => boolean): boolean {
  for (let length = 1; length <= text.length / 2; length += 1) {
    const unit = text.slice(0, length);
    const repeats = unit.repeat(Math.ceil(text.length / length)).startsWith(text);
    if (repeats) return length <= LONGEST_UNIT || isWord(unit);
  }
  return false;
}

/** Nothing but runs of neighbouring keys, of the alphabet or of one character. */
function isRun(text: string): boolean {
  let rest = text;
  while (rest !== '') {
    const length = runLength(rest);
    if (length < LEAST_RUN) return false;
    rest = rest.slice(length);
  }
  return true;
}

function runLength(text: string): number {
  let longest = /^(.)\1*/su.exec(text)?.[0].length ?? 0;
  for (const sequence of SEQUENCES) {
    let length = Math.min(text.length, sequence.length);
    while (length > longest && !sequence.includes(text.slice(0, length))) length -= 1;
    longest = Math.max(longest, length);
  }
  return longest;
}

/** A word before or after a run, up to eight digits, or the same word once more. */
function isWordAndFiller(text: string, isWord: (text: string) => boolean): boolean {
  for (let cut = 1; cut < text.length; cut += 1) {
    const [head, tail] = [text.slice(0, cut), text.slice(cut)];
    if (head.length <= MAX_WORD_LENGTH && isWord(head) && isFiller(tail)) return true;
    if (tail.length <= MAX_WORD_LENGTH && isWord(tail) && isFiller(head)) return true;
  }
  return false;
}

function isFiller(text: string): boolean {
  return isRun(text) || (text.length <= MAX_DIGITS && /^[\d\p{P}\p{S}]+$/u.test(text));
}

function reversed(text: string): string {
  return [...text].reverse().join('');
}
