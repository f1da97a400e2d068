import { ArrayMaxSize, IsArray, IsInt, IsOptional, IsString, Max, MaxLength, Min, MinLength } from 'class-validator';
import type { ChosenRules, KeptRules } from './index-rules.service.ts';
import type { RulesPreview } from './rules-preview.service.ts';

const BYTES_PER_MB = 1024 * 1024;
const MAX_FOLDERS = 50;
const MAX_PATTERNS = 50;

/** Rules of what is indexed; what is absent or null is as the operator has it. */
export class IndexRulesRequest {
  /**
   * Folders whose documents are indexed, at most 50. An empty list indexes nothing.
   * @example ["/Documents", "/Guidelines"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_FOLDERS)
  @IsString({ each: true })
  @MinLength(1, { each: true })
  @MaxLength(4000, { each: true })
  watch_directories?: string[] | null;

  /**
   * Patterns of the files that are indexed, at most 50 of 200 characters; an empty list includes all. `*` stands for any
   * characters of a name, `?` for one, a name `**` for any folders. /a/b begins at the root of the account, a pattern
   * without a slash fits at every depth, one that ends in a slash fits folders. What fits a folder fits all that is in it.
   * @example ["*.pdf", "/Guidelines/**"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_PATTERNS)
  @IsString({ each: true })
  @MaxLength(200, { each: true })
  include?: string[] | null;

  /**
   * Patterns of files, or of folders with all that is in them, that are left out although they are included.
   * @example ["drafts/", "~*"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_PATTERNS)
  @IsString({ each: true })
  @MaxLength(200, { each: true })
  exclude?: string[] | null;

  /**
   * Largest file that is indexed, in MiB; the limit of the operator holds besides.
   * @example 20
   */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1024)
  max_file_mb?: number | null;
}

/** The rules that scans follow. */
export class EffectiveRulesResponse {
  /** @example ["/Documents"] */
  watch_directories!: string[];

  /** @example [] */
  include!: string[];

  /** @example ["drafts/"] */
  exclude!: string[];

  /** @example 50 */
  max_file_mb!: number;
}

/** What the user has chosen, and what follows from it. */
export class IndexRulesResponse {
  /**
   * null here and below: as the operator has it.
   * @example null
   */
  watch_directories!: string[] | null;

  /** Patterns of the files that are indexed. */
  include!: string[] | null;

  /** @example ["drafts/"] */
  exclude!: string[] | null;

  /** Largest file that is indexed, in MiB. */
  max_file_mb!: number | null;

  /**
   * Counts the changes; the same as ETag.
   * @example 1
   */
  version!: number;

  /** The user's rules and the operator's together. */
  effective!: EffectiveRulesResponse;
}

/** Files that have something in common. */
export class FileSampleResponse {
  /** @example 3 */
  count!: number;

  /**
   * At most 20 of their paths.
   * @example ["/Documents/drafts/letter.md"]
   */
  sample!: string[];
}

/** What rules would change. Nothing was changed. */
export class RulesPreviewResponse {
  /** Files that are not known and would be indexed. */
  newly_indexed!: FileSampleResponse;

  /** Documents that are known and would leave the index. */
  no_longer_indexed!: FileSampleResponse;

  /**
   * Documents that are known and would stay.
   * @example 12
   */
  unchanged_count!: number;

  /**
   * Files and folders that were looked at.
   * @example 120
   */
  entries_looked_at!: number;

  /** Watched folders that the account lacks. */
  watch_directories_missing!: string[];

  /** False: the account is larger than a preview looks at (20,000 entries, 50,000 documents or 20 seconds). */
  is_complete!: boolean;
}

/** The rules in a request. */
export function chosenRules(request: IndexRulesRequest): ChosenRules {
  return {
    watchDirectories: request.watch_directories ?? null,
    include: request.include ?? null,
    exclude: request.exclude ?? null,
    maxFileMb: request.max_file_mb ?? null,
  };
}

/** What a client sees of rules. */
export function indexRulesResponse({ chosen, effective, version }: KeptRules): IndexRulesResponse {
  return {
    watch_directories: listOf(chosen.watchDirectories),
    include: listOf(chosen.include),
    exclude: listOf(chosen.exclude),
    max_file_mb: chosen.maxFileMb,
    version,
    effective: {
      watch_directories: [...effective.watchDirectories],
      include: [...effective.include],
      exclude: [...effective.exclude],
      max_file_mb: effective.maxFileBytes / BYTES_PER_MB,
    },
  };
}

/** What a client sees of a preview. */
export function rulesPreviewResponse(preview: RulesPreview): RulesPreviewResponse {
  const { newlyIndexed, noLongerIndexed } = preview;
  return {
    newly_indexed: { count: newlyIndexed.count, sample: [...newlyIndexed.sample] },
    no_longer_indexed: { count: noLongerIndexed.count, sample: [...noLongerIndexed.sample] },
    unchanged_count: preview.unchangedCount,
    entries_looked_at: preview.entryCount,
    watch_directories_missing: [...preview.missingRoots],
    is_complete: preview.isComplete,
  };
}

function listOf(values: readonly string[] | null): string[] | null {
  return values === null ? null : [...values];
}
