import { Injectable } from '@nestjs/common';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { Sealer } from '../../secrets/sealer.ts';
import type { RetrievedPassage } from '../answering/answer.types.ts';
import {
  PassageIndexBehindError,
  PassageIndexFullError,
  PassageIndexUnavailableError,
} from '../passage-index/passage-index.errors.ts';
import { PassageIndex } from '../passage-index/passage-index.port.ts';
import type { PassageHit } from '../passage-index/passage-index.types.ts';
import { openText } from '../sources/passage-text.ts';
import { nameOf } from '../sources/source-path.ts';
import { IndexSync } from './index-sync.ts';

const RETRY_AFTER_SECONDS = 2;
/** More hits than wanted are asked for: some may have left PostgreSQL since they were fed. */
const SPARE_FACTOR = 2;

/** What to look for among a user's documents. */
export interface RetrievalQuestion {
  readonly query: string;
  /** Most passages, 1 to 20. */
  readonly topK: number;
  readonly documentIds?: readonly string[];
  readonly sourceTypes?: readonly string[];
}

/** A passage with what a citation needs of its document. */
export interface FoundPassage extends RetrievedPassage {
  readonly sourceType: string;
}

type PassageRow = Omit<FoundPassage, 'score' | 'title'> & {
  readonly title: string | null;
  readonly isSealed: boolean;
};

// By primary key first: the embedded database has no statistics, and would else read every passage of the user.
const LOAD = `
  with c as materialized (select * from chunks where id = any(string_to_array(?, ',')::uuid[]))
  select c.id as "chunkId", d.id as "documentId", d.title, d.path, d.source_type as "sourceType", r.etag as revision,
    c.page, c.start_offset as "startOffset", c.end_offset as "endOffset", c.text,
    c.is_sealed as "isSealed"
  from c
    join documents d on d.id = c.document_id and d.revision_id = c.revision_id
    join document_revisions r on r.id = c.revision_id
  where c.user_id = ? and d.user_id = ? and d.state in ('indexed', 'pending')`;

/** Finds passages among the documents of one user; every query to index and database names that user. */
@Injectable()
export class RetrievalService {
  constructor(
    private readonly database: Database,
    private readonly index: PassageIndex,
    private readonly indexSync: IndexSync,
    private readonly sealer: Sealer,
  ) {}

  /**
   * The best passages, best first. A document that is being read again is answered from in its last version.
   *
   * @throws DomainError `search-index-full`, `service-unavailable`
   */
  async retrieve(userId: string, question: RetrievalQuestion): Promise<FoundPassage[]> {
    const hits = await this.#search(userId, question);
    if (hits.length === 0) return [];
    const [rows, seal] = await this.database.read(
      async (em) =>
        [
          await em.execute<PassageRow[]>(LOAD, [hits.map(({ chunkId }) => chunkId).join(','), userId, userId]),
          await this.sealer.of(em, userId),
        ] as const,
    );
    const byId = new Map(rows.map((row) => [row.chunkId, row]));
    return hits
      .flatMap(({ chunkId, score }) => {
        const found = byId.get(chunkId);
        if (found === undefined) return [];
        const { isSealed, ...row } = found;
        const text = openText(seal, { chunkId, text: row.text, isSealed });
        return [{ ...row, text, title: row.title ?? nameOf(row.path), score }];
      })
      .slice(0, question.topK);
  }

  async #search(userId: string, question: RetrievalQuestion): Promise<PassageHit[]> {
    try {
      return await this.#searchOnce(userId, question);
    } catch (error) {
      // Evicted or restarted between syncing and searching.
      if (error instanceof PassageIndexBehindError || error instanceof PassageIndexUnavailableError) {
        return this.#searchOnce(userId, question).catch(refuse);
      }
      return refuse(error);
    }
  }

  async #searchOnce(
    userId: string,
    { query, topK, documentIds, sourceTypes }: RetrievalQuestion,
  ): Promise<PassageHit[]> {
    const atLeastSequence = await this.indexSync.catchUp(userId);
    return this.index.search(userId, query, {
      limit: topK * SPARE_FACTOR,
      atLeastSequence,
      ...(documentIds && { documentIds }),
      ...(sourceTypes && { sourceTypes }),
    });
  }
}

function refuse(error: unknown): never {
  if (error instanceof PassageIndexFullError) throw new DomainError('search-index-full', { cause: error });
  if (error instanceof PassageIndexBehindError || error instanceof PassageIndexUnavailableError) {
    throw new DomainError('service-unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS, cause: error });
  }
  throw error;
}
