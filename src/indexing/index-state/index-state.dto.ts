import { IsString, MaxLength, MinLength } from 'class-validator';
import type { Exclusion } from '../rules/index-rules.ts';
import type { FileStanding, FileState } from './index-state.service.ts';

const WORDS_OF_REASON: Readonly<Record<string, string>> = {
  encrypted: 'It asks for a password and cannot be read.',
  unreadable: 'It is damaged, or is not of the type it is named.',
  empty: 'It holds no text.',
  'unsupported-type': 'Only PDF, plain text and Markdown are read.',
  'too-large': 'It is larger than the rules allow.',
  'no-text-layer': 'Its pages hold only pictures.',
  timeout: 'Reading it took too long.',
  memory: 'Reading it took too much memory.',
  'worker-crashed': 'Reading it ended the process that did it.',
  'resource-locked': 'Somebody was reading or writing it.',
};

const WORDS_OF_STATE: Readonly<Record<FileState, string>> = {
  indexed: 'Its text is indexed.',
  pending: 'It will be read by a scan.',
  no_text_layer: 'Its pages hold only pictures, so there is no text to index.',
  too_large: 'It is larger than the rules allow.',
  failed: 'It could not be read.',
  excluded: 'A rule keeps it out.',
  unsupported: 'Only PDF, plain text and Markdown are read.',
};

/** Which file. */
export class IndexStateQuery {
  /**
   * Path in the linked account.
   * @example "/Documents/hypertension_guideline.pdf"
   */
  @IsString()
  @MinLength(1)
  @MaxLength(4000)
  path!: string;
}

/** Why a file is or is not indexed. */
export class IndexStateResponse {
  /** @example "/Documents/hypertension_guideline.pdf" */
  path!: string;

  /**
   * pending: waits to be read; no_text_layer: its pages hold only pictures; excluded: a rule keeps it out; unsupported:
   * not a type that is read.
   */
  state!: 'indexed' | 'pending' | 'no_text_layer' | 'too_large' | 'failed' | 'excluded' | 'unsupported';

  /**
   * Code of what is wrong with the file; null when nothing is.
   * @example "encrypted"
   */
  reason!: string | null;

  /**
   * The rule that keeps it out, or will with the next scan: outside-watch-directories, not-included,
   * excluded-by:PATTERN or noindex:FOLDER. null when none does.
   * @example "excluded-by:drafts/"
   */
  rule!: string | null;

  /**
   * The same in words.
   * @example "A pattern of the rules leaves it out: drafts/"
   */
  explanation!: string;

  /**
   * Tries at the version that was seen last.
   * @example 1
   */
  attempts!: number;

  /** Not before this time is it tried again; null: with the next scan, if at all. */
  retry_at!: string | null;

  /** When a scan saw it last; null: no scan has taken it up. */
  last_seen_at!: string | null;

  /** ETag of the version that is indexed; null when none is. */
  revision!: string | null;

  /** null while nothing of it is indexed. */
  indexed_at!: string | null;
}

/** What a client sees of a file's way into the index. */
export function indexStateResponse(standing: FileStanding): IndexStateResponse {
  const { path, state, reason, rule, document, lastSeenAt } = standing;
  return {
    path,
    state,
    reason,
    rule,
    explanation: explanationOf(standing),
    attempts: document?.attempts ?? 0,
    retry_at: document?.retryAt?.toISOString() ?? null,
    last_seen_at: lastSeenAt?.toISOString() ?? null,
    revision: document?.revision ?? null,
    indexed_at: document?.indexedAt?.toISOString() ?? null,
  };
}

function explanationOf({ state, reason, rule, document }: FileStanding): string {
  if (rule !== null) {
    const words = wordsOfRule(rule);
    return document === null ? words : `It leaves the index with the next scan. ${words}`;
  }
  const retry = document?.retryAt ? ` It is tried again after ${document.retryAt.toISOString()}.` : '';
  if (state === 'failed' || (state === 'pending' && reason !== null)) {
    return `${WORDS_OF_REASON[reason ?? ''] ?? `The last try ended with ${reason ?? 'an error'}.`}${retry}`;
  }
  return WORDS_OF_STATE[state] + retry;
}

function wordsOfRule(rule: Exclusion): string {
  if (rule === 'outside-watch-directories') return 'No watched folder holds it.';
  if (rule === 'not-included') return 'No pattern of the rules includes it.';
  const named = rule.slice(rule.indexOf(':') + 1);
  return rule.startsWith('noindex:')
    ? `A file named .noindex keeps this folder and everything below out: ${named}`
    : `A pattern of the rules leaves it out: ${named}`;
}
