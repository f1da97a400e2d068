import { Injectable } from '@nestjs/common';
import { SchemaMigrator } from '../persistence/schema-migrator.ts';
import { DocumentExtractor } from './extraction/document-extractor.ts';
import { DownloadFolder } from './ingestion/download-folder.ts';
import { PassageIndex } from './passage-index/passage-index.port.ts';
import { ChangeHints } from './scanning/change-hints.ts';
import { ScanScheduler } from './scanning/scan-scheduler.ts';

/** Starts and ends what runs beside the requests: child processes, the index, temporary files and the schedule. */
@Injectable()
export class IndexingLifecycle {
  constructor(
    private readonly extractor: DocumentExtractor,
    private readonly index: PassageIndex,
    private readonly folder: DownloadFolder,
    private readonly scheduler: ScanScheduler,
    private readonly hints: ChangeHints,
    private readonly schema: SchemaMigrator,
  ) {}

  async begin(): Promise<void> {
    await this.folder.create();
    this.schema.whenReady(() => {
      this.scheduler.start();
      this.hints.start();
      return Promise.resolve();
    });
  }

  /** Comes after the jobs have stopped. */
  async end(): Promise<void> {
    this.extractor.close();
    await this.index.close();
    await this.folder.close();
  }
}
