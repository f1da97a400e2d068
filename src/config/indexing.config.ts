import { IsInt, Max, Min } from 'class-validator';
import { Variable } from './variable.ts';

/** Bounds of indexing. */
export class IndexingConfig {
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
}
