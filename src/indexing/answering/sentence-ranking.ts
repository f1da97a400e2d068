import { queryTerms, tokenize } from '../passage-index/tokenizer.ts';
import { sentenceSpans, type SentenceSpan } from './sentence-spans.ts';
import type { RetrievedPassage } from './answer.types.ts';

/** A passage that covers enough of the question, with its sentences scored. */
export interface RankedPassage {
  readonly passage: RetrievedPassage;
  /** 0 to 1, as a citation shows it. */
  readonly relevanceScore: number;
  readonly sentences: readonly RankedSentence[];
}

/** A sentence of a passage; `position` counts the passage's spans, so neighbours differ by one. */
export interface RankedSentence {
  readonly span: SentenceSpan;
  readonly position: number;
  readonly score: number;
}

const MAX_PASSAGES = 50;
const MAX_PASSAGE_CHARACTERS = 8_000;
/** Share of the question, weighted by rarity, a passage must cover to count as an answer at all. */
const MIN_PASSAGE_COVERAGE = 0.35;
const MIN_SENTENCE_COVERAGE = 0.15;
/** A sentence below the heading that names the subject need not name it again. */
const HEADING_SHARE = 0.6;
const COVERAGE_SHARE = 0.7;

/** The relevant passages in the order of their relevance; none when nothing covers enough of the question. */
export function rankPassages(query: string, passages: readonly RetrievedPassage[]): RankedPassage[] {
  const candidates = passages.slice(0, MAX_PASSAGES);
  const termSets = candidates.map(({ text }) => new Set(tokenize(text.slice(0, MAX_PASSAGE_CHARACTERS))));
  const weights = termWeights(queryTerms(query), termSets);
  const bestScore = Math.max(...candidates.map(({ score }) => score), Number.MIN_VALUE);
  const ranked = candidates.flatMap((passage, index) => {
    const coverage = coverageOf(weights, (term) => (termSets[index]?.has(term) === true ? 1 : 0));
    if (coverage < MIN_PASSAGE_COVERAGE) return [];
    const relevanceScore = COVERAGE_SHARE * coverage + (1 - COVERAGE_SHARE) * clamp(passage.score / bestScore);
    return [{ passage, relevanceScore: clamp(relevanceScore), sentences: rankSentences(passage.text, weights) }];
  });
  return ranked.sort((left, right) => right.relevanceScore - left.relevanceScore);
}

function rankSentences(text: string, weights: ReadonlyMap<string, number>): RankedSentence[] {
  let headingTerms = new Set<string>();
  return sentenceSpans(text.slice(0, MAX_PASSAGE_CHARACTERS)).flatMap((span, position) => {
    const terms = new Set(tokenize(text.slice(span.start, span.end)));
    if (span.isHeading) {
      headingTerms = terms;
      return [];
    }
    const presence = (term: string): number => (terms.has(term) ? 1 : headingTerms.has(term) ? HEADING_SHARE : 0);
    const score = coverageOf(weights, presence);
    return score < MIN_SENTENCE_COVERAGE ? [] : [{ span, position, score }];
  });
}

/** From 1 for a term every passage has to about 2 for one that none has: a question is not met by its common words. */
function termWeights(terms: readonly string[], termSets: readonly ReadonlySet<string>[]): Map<string, number> {
  const count = termSets.length;
  const weightOf = (term: string): number => {
    const containing = termSets.filter((set) => set.has(term)).length;
    return 1 + Math.log((count + 1) / (containing + 1)) / Math.log(count + 2);
  };
  return new Map(terms.map((term) => [term, weightOf(term)]));
}

function coverageOf(weights: ReadonlyMap<string, number>, presence: (term: string) => number): number {
  let total = 0;
  let covered = 0;
  for (const [term, weight] of weights) {
    total += weight;
    covered += weight * presence(term);
  }
  return total === 0 ? 0 : covered / total;
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
