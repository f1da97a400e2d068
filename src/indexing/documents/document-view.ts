import type { EntityManager } from '@mikro-orm/postgresql';
import type { DocumentState } from '../sources/document.entity.ts';
import { nameOf } from '../sources/source-path.ts';

/** A document as its owner sees it. */
export interface DocumentView {
  readonly id: string;
  readonly title: string;
  readonly path: string;
  readonly sourceType: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date | null;
  readonly state: DocumentState;
  readonly reason: string | null;
  readonly attempts: number;
  readonly retryAt: Date | null;
  /** ETag of the version that is indexed; null when none is. */
  readonly revision: string | null;
  readonly pageCount: number | null;
  readonly chunkCount: number;
  readonly indexedAt: Date | null;
  /** Asked for by its path. */
  readonly isRequested: boolean;
}

/** Which documents of a user; absent means whichever. */
export interface DocumentSelection {
  readonly id?: string;
  /** Kind of their source. */
  readonly source?: string;
  readonly path?: string;
  readonly state?: DocumentState;
  /** Only those before this one in the order newest first. */
  readonly before?: string;
  readonly limit: number;
}

interface Row extends Omit<DocumentView, 'title' | 'sizeBytes' | 'modifiedAt' | 'retryAt' | 'indexedAt'> {
  readonly title: string | null;
  readonly sizeBytes: string;
  readonly modifiedAt: string | null;
  readonly retryAt: string | null;
  readonly indexedAt: string | null;
}

const SELECT = `
  select d.id, d.title, d.path, d.source_type as "sourceType", d.media_type as "mediaType", d.seen_size as "sizeBytes",
    d.modified_at as "modifiedAt", d.state, d.state_reason as reason, d.attempts, d.retry_at as "retryAt",
    r.etag as revision, r.page_count as "pageCount", coalesce(r.chunk_count, 0) as "chunkCount",
    r.created_at as "indexedAt", d.is_requested as "isRequested"
  from documents d left join document_revisions r on r.id = d.revision_id
  where d.user_id = ?`;

/** Documents of one user, newest first; removed ones are not there. */
export async function findDocuments(
  em: EntityManager,
  userId: string,
  { id, source, path, state, before, limit }: DocumentSelection,
): Promise<DocumentView[]> {
  const conditions = ["d.state <> 'removed'"];
  const values: string[] = [];
  const narrow = (condition: string, value: string | undefined): void => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  narrow('d.id = ?', id);
  narrow('d.source = ?', source);
  narrow('d.path = ?', path);
  narrow('d.state = ?', state);
  narrow('d.id < ?', before);
  const rows = await em.execute<Row[]>(`${SELECT} and ${conditions.join(' and ')} order by d.id desc limit ?`, [
    userId,
    ...values,
    limit,
  ]);
  return rows.map(view);
}

function view(row: Row): DocumentView {
  return {
    ...row,
    title: row.title ?? nameOf(row.path),
    sizeBytes: Number(row.sizeBytes),
    modifiedAt: findDate(row.modifiedAt),
    retryAt: findDate(row.retryAt),
    indexedAt: findDate(row.indexedAt),
  };
}

function findDate(value: string | null): Date | null {
  return value === null ? null : new Date(value);
}
