import { IsString, MaxLength, MinLength } from 'class-validator';

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
