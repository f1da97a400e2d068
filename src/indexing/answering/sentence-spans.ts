/** One quotable stretch of a passage, in UTF-16 code units of its text. */
export interface SentenceSpan {
  readonly start: number;
  readonly end: number;
  /** A Markdown heading: says what follows is about, but is no statement itself. */
  readonly isHeading: boolean;
}

/** Tables and lists without full stops are cut into pieces of this length. */
const MAX_SPAN_CHARACTERS = 400;
const HEADING = /^ {0,3}#{1,6}(?:\s|$)/;
const STARTS_NEW_BLOCK = /^\s*(?:$|[-*•–|>]\s|#{1,6}\s|\d{1,3}[.)]\s)/;
const SENTENCES = new Intl.Segmenter('en', { granularity: 'sentence' });
/** The segmenter ends a sentence after these when a capital follows. */
const ABBREVIATION =
  /(?:^|[\s(])(?:Dr|Prof|Mr|Mrs|Ms|St|Fig|Tab|No|vs|cf|approx|ca|resp|al|e\.g|i\.e|Abb|Nr|bzw|z\. ?B|d\. ?h)\.\s*$/;

/** The sentences of a passage. A line break inside running text, as every PDF has, does not end a sentence. */
export function sentenceSpans(text: string): SentenceSpan[] {
  const spans: SentenceSpan[] = [];
  for (const sentence of joinedSentences(withoutSoftBreaks(text))) {
    const start = sentence.start + (sentence.text.length - sentence.text.trimStart().length);
    const end = sentence.start + sentence.text.trimEnd().length;
    if (start >= end) continue;
    const isHeading = HEADING.test(text.slice(start, end));
    for (const piece of pieces(text, start, end)) spans.push({ ...piece, isHeading });
  }
  return spans;
}

function* joinedSentences(text: string): Generator<{ start: number; text: string }> {
  let start = 0;
  let joined = '';
  for (const { segment } of SENTENCES.segment(text)) {
    joined += segment;
    if (ABBREVIATION.test(segment) && !segment.endsWith('\n')) continue;
    yield { start, text: joined };
    start += joined.length;
    joined = '';
  }
  yield { start, text: joined };
}

/** The same text, offset for offset, in which only line breaks between blocks are left. */
function withoutSoftBreaks(text: string): string {
  const lines = text.split('\n');
  let joined = '';
  lines.forEach((line, index) => {
    const next = lines[index + 1];
    if (next === undefined) joined += line;
    else joined += line + (HEADING.test(line) || STARTS_NEW_BLOCK.test(next) || line.trim() === '' ? '\n' : ' ');
  });
  return joined;
}

function* pieces(text: string, start: number, end: number): Generator<{ start: number; end: number }> {
  let from = start;
  while (end - from > MAX_SPAN_CHARACTERS) {
    const window = text.slice(from, from + MAX_SPAN_CHARACTERS);
    const lastBlank = window.search(/\s\S*$/);
    const length = lastBlank > 0 ? lastBlank : MAX_SPAN_CHARACTERS - (/[\ud800-\udbff]$/.test(window) ? 1 : 0);
    const trimmedLength = window.slice(0, length).trimEnd().length;
    if (trimmedLength > 0) yield { start: from, end: from + trimmedLength };
    from += length;
    while (from < end && /\s/.test(text.charAt(from))) from += 1;
  }
  if (from < end) yield { start: from, end };
}
