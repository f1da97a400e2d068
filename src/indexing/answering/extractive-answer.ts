import { inertText } from './inert-text.ts';
import { rankPassages, type RankedPassage, type RankedSentence } from './sentence-ranking.ts';
import type { Answer, Citation, RetrievedPassage } from './answer.types.ts';

interface ChosenSentence extends RankedSentence {
  readonly source: RankedPassage;
}

/** What an answer says when no passage is relevant enough; there are no citations then. */
export const NOTHING_FOUND = 'No passage in the indexed documents answers this question.';

const MAX_SENTENCES = 5;
const MAX_PASSAGES = 4;
/** A further sentence must be nearly as good as the best one. */
const MIN_SHARE_OF_BEST = 0.6;
/** How much of a sentence's score its passage gives: a good sentence of a better passage goes first. */
const PASSAGE_SHARE = 0.3;

/**
 * Answers a question in the words of the documents alone: up to five sentences of up to four passages, each in quotation
 * marks with the number of its citation. White space is joined and everything active made inert in `answer`; `quotedText`
 * is the document's text unchanged.
 */
export function extractiveAnswer(query: string, passages: readonly RetrievedPassage[]): Answer {
  const chosen = chooseSentences(rankPassages(query, passages));
  if (chosen.length === 0) return { answer: NOTHING_FOUND, citations: [] };
  const citations = toQuotes(chosen).map((quote, index) => toCitation(quote, index + 1));
  const answer = citations.map(({ number, quotedText }) => `“${inertText(quotedText)}” [${number}]`).join('\n');
  return { answer, citations };
}

function chooseSentences(ranked: readonly RankedPassage[]): ChosenSentence[] {
  const candidates = ranked
    .flatMap((source) =>
      source.sentences.map((sentence) => ({ ...sentence, score: blended(sentence, source), source })),
    )
    .sort((left, right) => right.score - left.score);
  const threshold = (candidates[0]?.score ?? 0) * MIN_SHARE_OF_BEST;
  const chosen: ChosenSentence[] = [];
  const sources = new Set<RankedPassage>();
  for (const candidate of candidates) {
    if (chosen.length === MAX_SENTENCES || candidate.score < threshold) break;
    if (sources.size === MAX_PASSAGES && !sources.has(candidate.source)) continue;
    if (inertText(textOf(candidate)) === '' || chosen.some((other) => saysTheSame(candidate, other))) continue;
    chosen.push(candidate);
    sources.add(candidate.source);
  }
  return inReadingOrder(chosen, [...sources]);
}

function blended(sentence: RankedSentence, source: RankedPassage): number {
  return (1 - PASSAGE_SHARE) * sentence.score + PASSAGE_SHARE * source.relevanceScore;
}

/** By the passage of the first chosen sentence, then by position in the passage. */
function inReadingOrder(chosen: readonly ChosenSentence[], sources: readonly RankedPassage[]): ChosenSentence[] {
  return chosen.toSorted(
    (left, right) => sources.indexOf(left.source) - sources.indexOf(right.source) || left.position - right.position,
  );
}

/** Neighbouring chunks overlap, and copies of a file lie in several folders. */
function saysTheSame(left: ChosenSentence, right: ChosenSentence): boolean {
  const [a, b] = [left.source.passage, right.source.passage];
  const isSamePage = a.documentId === b.documentId && a.page === b.page;
  const startsBeforeEnd = a.startOffset + left.span.start < b.startOffset + right.span.end;
  const endsAfterStart = a.startOffset + left.span.end > b.startOffset + right.span.start;
  if (isSamePage && startsBeforeEnd && endsAfterStart) return true;
  return inertText(textOf(left)).toLowerCase() === inertText(textOf(right)).toLowerCase();
}

function textOf({ source, span }: ChosenSentence): string {
  return source.passage.text.slice(span.start, span.end);
}

/** Sentences that follow each other in one passage become one quote. */
function toQuotes(chosen: readonly ChosenSentence[]): ChosenSentence[] {
  const quotes: ChosenSentence[] = [];
  for (const sentence of chosen) {
    const last = quotes.at(-1);
    if (last?.source === sentence.source && last.position + 1 === sentence.position) {
      const span = { ...last.span, end: sentence.span.end };
      quotes[quotes.length - 1] = { ...last, span, position: sentence.position };
    } else quotes.push(sentence);
  }
  return quotes;
}

function toCitation({ source, span }: ChosenSentence, number: number): Citation {
  const { documentId, chunkId, title, path, revision, page, startOffset, text } = source.passage;
  return {
    number,
    documentId,
    chunkId,
    title,
    path,
    revision,
    page,
    startOffset: startOffset + span.start,
    endOffset: startOffset + span.end,
    quotedText: text.slice(span.start, span.end),
    relevanceScore: Math.round(source.relevanceScore * 1000) / 1000,
  };
}
