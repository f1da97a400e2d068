import { randomUUIDv7 } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SourceEntry } from './document-source.port.ts';
import type { UserSource } from './document-source.types.ts';
import { findDocumentType } from './document-type.ts';

/** A version this young may still change without a visible sign. */
const RACY_MS = 2000;

/** Label of documents when nobody names another. */
export const DEFAULT_SOURCE_TYPE = 'note';

/** User, source, run and document type that documents are stored with. */
export interface Sighting extends UserSource {
  /** Marks what the run has seen; a fresh id for each run. */
  readonly runId: string;
  /** Label of documents that are new; known ones keep theirs. */
  readonly sourceType: string;
  readonly isRequested?: boolean;
}

/** Columns of one version; another version is pending until it is read. */
const IS_NEW_VERSION = `((d.seen_etag, d.seen_size, d.seen_upload_time, d.media_type)
  is distinct from (excluded.seen_etag, excluded.seen_size, excluded.seen_upload_time, excluded.media_type)
  or d.is_racy or d.state = 'removed')`;

const UPSERT = `
  insert into documents as d (id, user_id, source, file_id, path, source_type, media_type, seen_etag, seen_size,
    seen_upload_time, modified_at, state, is_racy, is_requested, seen_run)
  select e.id, ?::uuid, ?::text, e.file_id, e.path, ?::text, e.media_type, e.etag, e.size, e.upload_time, e.modified_at,
    'pending', e.is_racy, ?::boolean, ?::uuid
  from jsonb_to_recordset(?::jsonb) as e(id uuid, file_id text, path text, media_type text, etag text, size bigint,
    upload_time bigint, modified_at timestamptz, is_racy boolean)
  order by e.file_id
  on conflict (user_id, source, file_id) do update set
    path = excluded.path,
    media_type = excluded.media_type,
    seen_etag = excluded.seen_etag,
    seen_size = excluded.seen_size,
    seen_upload_time = excluded.seen_upload_time,
    modified_at = excluded.modified_at,
    is_racy = excluded.is_racy,
    is_requested = d.is_requested or excluded.is_requested,
    seen_run = excluded.seen_run,
    must_reindex = d.must_reindex or d.media_type <> excluded.media_type,
    state = case when ${IS_NEW_VERSION} then 'pending' else d.state end,
    state_reason = case when ${IS_NEW_VERSION} then null else d.state_reason end,
    attempts = case when ${IS_NEW_VERSION} then 0 else d.attempts end,
    retry_at = case when ${IS_NEW_VERSION} then null else d.retry_at end,
    updated_at = now()`;

/** Stores what a listing shows of documents; a version not read yet becomes pending. Entries of other types are left out. */
export async function upsertDocuments(
  em: EntityManager,
  entries: Iterable<SourceEntry>,
  { userId, source, runId, sourceType, isRequested = false }: Sighting,
): Promise<void> {
  // A file that moves while it is listed comes twice, and one statement may touch a row only once.
  const rows = new Map<string, Record<string, unknown>>();
  for (const entry of entries) {
    const mediaType = findDocumentType(entry.path);
    if (mediaType === undefined || entry.isFolder) continue;
    rows.set(entry.fileId, {
      id: randomUUIDv7(),
      file_id: entry.fileId,
      path: entry.path,
      media_type: mediaType,
      etag: entry.etag,
      size: entry.size,
      upload_time: entry.uploadTime,
      modified_at: entry.modifiedAt,
      is_racy: isRacy(entry),
    });
  }
  if (rows.size === 0) return;
  await em.execute(UPSERT, [userId, source, sourceType, isRequested, runId, JSON.stringify([...rows.values()])]);
}

/** True when the file was written so recently that another write may leave its version as it is. */
export function isRacy({ uploadTime, modifiedAt }: SourceEntry, nowMs: number = Date.now()): boolean {
  if (uploadTime > 0) return uploadTime * 1000 > nowMs - RACY_MS;
  // Set by the uploader: a time in the far future says nothing.
  return modifiedAt !== null && Math.abs(nowMs - modifiedAt.getTime()) <= RACY_MS;
}
