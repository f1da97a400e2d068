import { Injectable } from '@nestjs/common';
import { SchemaKeeper } from '../persistence/schema-keeper.ts';
import { DocumentExtractor } from './extraction/document-extractor.ts';
import { DownloadFolder } from './ingestion/download-folder.ts';
import { PassageIndex } from './passage-index/passage-index.port.ts';
import { ScanScheduler } from './scanning/scan-scheduler.ts';

/** Starts and ends what lives beside the requests: child processes, the index, temporary files and the schedule. */
@Injectable()
export class IndexingLife {
  readonly #extractor: DocumentExtractor;
  readonly #index: PassageIndex;
  readonly #folder: DownloadFolder;
  readonly #scheduler: ScanScheduler;
  readonly #schema: SchemaKeeper;

  constructor(
    extractor: DocumentExtractor,
    index: PassageIndex,
    folder: DownloadFolder,
    scheduler: ScanScheduler,
    schema: SchemaKeeper,
  ) {
    this.#extractor = extractor;
    this.#index = index;
    this.#folder = folder;
    this.#scheduler = scheduler;
    this.#schema = schema;
  }

  async begin(): Promise<void> {
    await this.#folder.open();
    this.#schema.whenReady(() => {
      this.#scheduler.start();
      return Promise.resolve();
    });
  }

  /** Comes after the jobs have stopped. */
  async end(): Promise<void> {
    this.#extractor.close();
    await this.#index.close();
    await this.#folder.close();
  }
}
