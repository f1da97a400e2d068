import { Injectable } from '@nestjs/common';
import { SchemaKeeper } from '../persistence/schema-keeper.ts';
import { DocumentExtractor } from './extraction/document-extractor.ts';
import { DownloadFolder } from './ingestion/download-folder.ts';
import { PassageIndex } from './passage-index/passage-index.port.ts';
import { ScanRounds } from './scanning/scan-rounds.ts';

/** Starts and ends what lives beside the requests: child processes, the index, temporary files and the schedule. */
@Injectable()
export class IndexingLife {
  readonly #extractor: DocumentExtractor;
  readonly #index: PassageIndex;
  readonly #folder: DownloadFolder;
  readonly #rounds: ScanRounds;
  readonly #schema: SchemaKeeper;

  constructor(
    extractor: DocumentExtractor,
    index: PassageIndex,
    folder: DownloadFolder,
    rounds: ScanRounds,
    schema: SchemaKeeper,
  ) {
    this.#extractor = extractor;
    this.#index = index;
    this.#folder = folder;
    this.#rounds = rounds;
    this.#schema = schema;
  }

  async begin(): Promise<void> {
    await this.#folder.open();
    this.#schema.whenReady(() => {
      this.#rounds.start();
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
