/** Best places to cut, strongest first; a paragraph end is preferred over a sentence end, that over a word end. */
const PARAGRAPH = 3;
const SENTENCE = 2;
const WORD = 1;

const SENTENCE_END = /[.!?…。！？]/;
const CLOSING = /["'”’»)\]]/;

/** True for the second half of a surrogate pair: a cut before it would split the character. */
function isLowSurrogate(codeUnit: number): boolean {
  return codeUnit >= 0xdc00 && codeUnit <= 0xdfff;
}

/** True for the characters String.prototype.trim removes. */
export function isBlank(character: string): boolean {
  return character.trim() === '';
}

/** The first offset at or after `from` that holds a character other than white space, or `end`. */
export function skipBlanks(text: string, from: number, end: number): number {
  let offset = from;
  while (offset < end && isBlank(text.charAt(offset))) offset += 1;
  return offset;
}

/** The offset behind the last character before `end` that is not white space, not below `from`. */
export function trimBlanksBefore(text: string, from: number, end: number): number {
  let offset = end;
  while (offset > from && isBlank(text.charAt(offset - 1))) offset -= 1;
  return offset;
}

/** `offset`, or the offset before it when a surrogate pair would be split there. */
export function avoidSplittingPair(text: string, offset: number): number {
  return isLowSurrogate(text.charCodeAt(offset)) && offset > 0 ? offset - 1 : offset;
}

/**
 * Where to end a chunk between `earliest` and `latest`: behind the last paragraph in that window, else the last sentence,
 * else the last word, else at `latest` itself. Looks at the window only, so the cost does not grow with the text.
 */
export function findCut(text: string, earliest: number, latest: number): number {
  let best = avoidSplittingPair(text, latest);
  let bestStrength = 0;
  for (let offset = latest; offset > earliest; offset -= 1) {
    const strength = boundaryStrength(text, offset);
    if (strength <= bestStrength) continue;
    best = offset;
    bestStrength = strength;
    if (strength === PARAGRAPH) break;
  }
  return best;
}

/** Where a repeated tail may begin: at a sentence between `earliest` and `latest`, else at a word, else nowhere. */
export function findOverlapStart(text: string, earliest: number, latest: number): number | undefined {
  let wordStart: number | undefined;
  for (let offset = earliest; offset < latest; offset += 1) {
    if (!isBlank(text.charAt(offset - 1)) || isBlank(text.charAt(offset))) continue;
    wordStart ??= offset;
    if (endsSentence(text, trimBlanksBefore(text, Math.max(0, offset - 8), offset))) return offset;
  }
  return wordStart;
}

/** Strength of a cut directly before `offset`, that is, behind a character followed by white space. */
function boundaryStrength(text: string, offset: number): number {
  if (!isBlank(text.charAt(offset)) || isBlank(text.charAt(offset - 1))) return 0;
  if (text.charAt(offset) === '\n' && text.charAt(offset + 1) === '\n') return PARAGRAPH;
  return endsSentence(text, offset) ? SENTENCE : WORD;
}

function endsSentence(text: string, offset: number): boolean {
  const last = text.charAt(offset - 1);
  return SENTENCE_END.test(last) || (CLOSING.test(last) && SENTENCE_END.test(text.charAt(offset - 2)));
}
