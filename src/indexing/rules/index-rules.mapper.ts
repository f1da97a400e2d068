import type { IndexRulesResponse, IndexRulesRequest, RulesPreviewResponse } from './index-rules.dto.ts';
import type { ChosenRules, KeptRules } from './index-rules.service.ts';
import type { RulesPreview } from './rules-preview.service.ts';

const BYTES_PER_MB = 1024 * 1024;

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
