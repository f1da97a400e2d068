import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Database } from '../../persistence/database.ts';
import { DEFAULT_SOURCE_TYPE, upsertDocuments } from '../sources/document-upsert.ts';
import { takeSequences } from '../sources/index-sequence.ts';
import type { DocumentState } from '../sources/document.entity.ts';
import type { SourceEntry } from '../sources/document-source.port.ts';
import type { UserSource } from '../sources/document-source.types.ts';

/** What a user asked to be indexed. */
export interface FileRequest {
  /** In its normal form. */
  readonly path: string;
  /** Absent: a known document keeps its own. */
  readonly sourceType?: string;
  readonly title?: string;
}

/** Where a requested document stands. */
export interface RequestedState {
  readonly state: DocumentState;
  readonly reason: string | null;
  /** True when it is not to be tried now. */
  readonly isPostponed: boolean;
  readonly chunkCount: number;
  readonly indexedBy: string | null;
}

/** Documents that users ask for by their path. */
@Injectable()
export class RequestedDocuments {
  constructor(private readonly database: Database) {}

  /** Stores that a file was asked for; one that was set aside gets new tries. @returns the document's id */
  request(
    entry: SourceEntry,
    { userId, source, runId, request }: UserSource & { readonly runId: string; readonly request: FileRequest },
  ): Promise<string> {
    return this.database.transaction(async (em) => {
      const sourceType = request.sourceType ?? DEFAULT_SOURCE_TYPE;
      await upsertDocuments(em, [entry], { userId, source, runId, sourceType, isRequested: true });
      const [row] = await em.execute<{ id: string }[]>(
        `update documents set title = coalesce(?::text, title),
           attempts = case when state in ('indexed', 'no_text_layer') then attempts else 0 end,
           state = case when state in ('indexed', 'no_text_layer') then state else 'pending' end, retry_at = null
         where user_id = ? and source = ? and file_id = ? returning id`,
        [request.title ?? null, userId, source, entry.fileId],
      );
      if (row === undefined) throw new Error('The document was not stored');
      if (request.sourceType !== undefined) await relabel(em, { userId, id: row.id, sourceType: request.sourceType });
      return row.id;
    });
  }

  async stateOf(userId: string, id: string): Promise<RequestedState> {
    const [row] = await this.database.read((em) =>
      em.execute<RequestedState[]>(
        `select d.state, d.state_reason as reason, coalesce(d.retry_at > now(), false) as "isPostponed",
           coalesce(r.chunk_count, 0) as "chunkCount", d.indexed_by as "indexedBy"
         from documents d left join document_revisions r on r.id = d.revision_id
         where d.id = ? and d.user_id = ?`,
        [id, userId],
      ),
    );
    if (row === undefined) throw new Error('The document is not there any more');
    return row;
  }
}

/** A new label is a change of the index, which filters by it. */
async function relabel(
  em: EntityManager,
  { userId, id, sourceType }: { userId: string; id: string; sourceType: string },
): Promise<void> {
  const changed = await em.execute<unknown[]>(
    'update documents set source_type = ? where id = ? and source_type <> ? returning id',
    [sourceType, id, sourceType],
  );
  if (changed.length === 0) return;
  const sequence = await takeSequences(em, userId, 1);
  await em.execute('update documents set index_sequence = ? where id = ?', [sequence, id]);
}
