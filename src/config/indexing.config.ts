import { ArrayMaxSize, IsArray, IsInt, Matches, Max, Min } from 'class-validator';
import { Variable } from './variable.ts';

/** As users may write them: short, few wildcards, ** only as a whole name, no negation, backslash or empty name. */
const GLOB =
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  /^(?!!)(?!\/?$)(?!.*\/\/)(?!(?:[^*?]*[*?]){17})(?!.*(?:[^/]\*\*|\*\*[^/]))(?!(?:.*\/)?\.\.?(?:\/|$))[^\u0000-\u001f\u007f\\]{1,200}$/;
const GLOB_RULE = '$property must list patterns of paths like /Documents/drafts/ or *.md';
const MAX_GLOBS = 50;

/** Bounds of indexing. */
export class IndexingConfig {
  /** Heading in the documents. */
  static readonly title = 'Indexing';

  @Variable({
    name: 'INDEX_MAX_FILE_MB',
    aliases: ['MAX_UPLOAD_SIZE'],
    type: 'integer',
    description: 'Largest file that is indexed, in MiB; larger ones are listed as too large.',
  })
  @IsInt()
  @Min(1)
  @Max(1024)
  readonly maxFileMb: number = 50;

  @Variable({
    name: 'INDEX_EXTRACTION_TIMEOUT_SECONDS',
    type: 'integer',
    description: 'Longest time to read the text of one document, in seconds.',
  })
  @IsInt()
  @Min(1)
  @Max(600)
  readonly extractionTimeoutSeconds: number = 60;

  @Variable({
    name: 'INDEX_EXTRACTION_MEMORY_MB',
    type: 'integer',
    description: 'Most memory of the process that reads a document, in MiB; a document that needs more is set aside.',
  })
  @IsInt()
  @Min(128)
  @Max(8192)
  readonly extractionMemoryMb: number = 512;

  @Variable({
    name: 'INDEX_EXTRACTION_PROCESSES',
    type: 'integer',
    description: 'Documents that are read at the same time.',
  })
  @IsInt()
  @Min(1)
  @Max(16)
  readonly extractionProcesses: number = 2;

  @Variable({
    name: 'INDEX_SCAN_INTERVAL_MINUTES',
    type: 'integer',
    description: 'Minutes between two automatic scans of every linked account; 0 switches them off.',
  })
  @IsInt()
  @Min(0)
  @Max(10_080)
  readonly scanIntervalMinutes: number = 15;

  @Variable({
    name: 'INDEX_HINT_SECONDS',
    type: 'integer',
    description: 'Least time between two scans of one account that were asked for by hints of changes, in seconds.',
  })
  @IsInt()
  @Min(1)
  @Max(3600)
  readonly hintSeconds: number = 15;

  @Variable({
    name: 'INDEX_INCLUDE',
    type: 'list',
    description:
      'Patterns of the files that are indexed; without any, every file of a known type in the watched folders. * stands for any characters of a name, ? for one, a name ** for any folders; /a/b begins at the root of the account. Users can choose their own.',
    defaultText: 'not set: every file of a known type',
    example: '*.pdf,/Guidelines/**',
  })
  @IsArray()
  @ArrayMaxSize(MAX_GLOBS)
  @Matches(GLOB, { each: true, message: GLOB_RULE })
  readonly include: readonly string[] = [];

  @Variable({
    name: 'INDEX_EXCLUDE',
    type: 'list',
    description:
      'Patterns of files, or of folders with everything in them, that are not indexed; they win over INDEX_INCLUDE. A folder that holds a file named .noindex is never indexed. Users can choose their own.',
    defaultText: 'not set',
    example: 'drafts/,~*',
  })
  @IsArray()
  @ArrayMaxSize(MAX_GLOBS)
  @Matches(GLOB, { each: true, message: GLOB_RULE })
  readonly exclude: readonly string[] = [];

  @Variable({
    name: 'INDEX_RECONCILE_HOURS',
    type: 'integer',
    description:
      'Hours between two scans of an account that trust nothing known before and compare complete lists; 0 switches them off.',
  })
  @IsInt()
  @Min(0)
  @Max(8760)
  readonly reconcileHours: number = 24;

  @Variable({
    name: 'INDEX_ACTIVITY_SECONDS',
    type: 'integer',
    description:
      "Seconds between two looks into the activity feed of an account, which asks for a scan when files have changed; 0 switches them off. A Nextcloud without the app 'activity' is scanned in regular rounds only.",
  })
  @IsInt()
  @Min(0)
  @Max(86_400)
  readonly activitySeconds: number = 60;
}
