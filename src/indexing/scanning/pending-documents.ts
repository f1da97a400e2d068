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
   * @param mayGoOn called after each document; false ends the work once the tries under way have ended
   * @returns false when it was ended so and something is left
   * @throws DomainError when nothing more can be read; tries under way end first and do not count
   */
  async readAll(run: IngestionRun, mayGoOn: () => Promise<boolean>): Promise<boolean> {
    for (let ids = await this.#next(run); ids.length > 0; ids = await this.#next(run)) {
      if (!(await this.#readBatch(ids, run, mayGoOn))) return (await this.#next(run)).length === 0;
    }
    return true;
  }

  async #readBatch(ids: string[], run: IngestionRun, mayGoOn: () => Promise<boolean>): Promise<boolean> {
    const failed = new AbortController();
    const together = { ...run, signal: AbortSignal.any([run.signal, failed.signal]) };
    const errors: unknown[] = [];
    let isStopped = false;
    const work = async (): Promise<void> => {
      for (let id = ids.shift(); id !== undefined && !isStopped; id = ids.shift()) {
        await this.ingestion.ingest(id, together);
        if (!(await mayGoOn())) isStopped = true;
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
    return !isStopped;
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
