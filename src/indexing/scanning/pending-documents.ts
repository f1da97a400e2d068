import { Injectable } from '@nestjs/common';
import { IndexingConfig } from '../../config/indexing.config.ts';
import { Database } from '../../persistence/database.ts';
import { DocumentIngestion, type IngestionRun } from '../ingestion/document-ingestion.ts';
import type { UserSource } from '../sources/document-source.types.ts';

const BATCH_SIZE = 200;

/** Reads every pending document of a user in one source, several at a time; those that failed before go last. */
@Injectable()
export class PendingDocuments {
  readonly #concurrency: number;

  constructor(
    private readonly database: Database,
    private readonly ingestion: DocumentIngestion,
    config: IndexingConfig,
  ) {
    this.#concurrency = config.extractionProcesses;
  }

  /**
   * Ends when nothing is left that can be tried now.
   *
   * @throws DomainError when nothing more can be read; tries under way end first and do not count
   */
  async readAll(run: IngestionRun, onProgress: () => Promise<void>): Promise<void> {
    for (let ids = await this.#next(run); ids.length > 0; ids = await this.#next(run)) {
      await this.#readBatch(ids, run, onProgress);
    }
  }

  async #readBatch(ids: string[], run: IngestionRun, onProgress: () => Promise<void>): Promise<void> {
    const failed = new AbortController();
    const together = { ...run, signal: AbortSignal.any([run.signal, failed.signal]) };
    const errors: unknown[] = [];
    const work = async (): Promise<void> => {
      for (let id = ids.shift(); id !== undefined; id = ids.shift()) {
        await this.ingestion.ingest(id, together);
        await onProgress();
      }
    };
    const workers = Array.from({ length: this.#concurrency }, () =>
      work().catch((error: unknown) => {
        errors.push(error);
        failed.abort();
      }),
    );
    await Promise.all(workers);
    // The first is the cause; the others were only told to stop.
    if (errors.length > 0) throw errors[0];
  }

  async #next({ userId, source }: UserSource): Promise<string[]> {
    const rows = await this.database.read((em) =>
      em.execute<{ id: string }[]>(
        `select id from documents
         where user_id = ? and source = ? and state = 'pending' and (retry_at is null or retry_at <= now())
         order by attempts, id limit ?`,
        [userId, source, BATCH_SIZE],
      ),
    );
    return rows.map(({ id }) => id);
  }
}
