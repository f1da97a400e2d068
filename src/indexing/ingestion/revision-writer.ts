import { createHash } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Chunk } from '../chunking/chunk.types.ts';
import type { UserSeal } from '../../secrets/sealer.ts';
import { passageField } from '../sources/passage-text.ts';
import { takeSequences } from '../sources/index-sequence.ts';
import type { SourceDownload } from '../sources/document-source.port.ts';
import type { DocumentClaim } from './ingestion-records.ts';

const CHUNKS_PER_STATEMENT = 500;

/** The text of one version of a document, cut into passages. */
export interface RevisionText {
  readonly download: SourceDownload;
  readonly pageCount: number;
  readonly chunks: readonly Chunk[];
  /** The job that read it. */
  readonly jobId: string;
}

/** Replaces a document's text; ids are derived from owner, source, file, content and position. @returns the number of chunks */
export async function writeRevision(
  em: EntityManager,
  claim: DocumentClaim,
  { seal, ...text }: RevisionText & { readonly seal: UserSeal },
): Promise<number> {
  const { download, pageCount, chunks, jobId } = text;
  const owner = [claim.userId, claim.source, claim.fileId] as const;
  const revisionId = derivedId(...owner, download.contentHash);
  const textLength = chunks.reduce((sum, chunk) => sum + chunk.text.length, 0);
  // When the file changed after it was listed, its upload time is not known; the next listing tells.
  const uploadTime = download.etag === claim.seenEtag ? claim.seenUploadTime : 0;
  await em.execute('delete from document_revisions where document_id = ?', [claim.id]);
  await em.execute(
    `insert into document_revisions
       (id, document_id, etag, size, upload_time, content_hash, page_count, chunk_count, text_length)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      revisionId,
      claim.id,
      download.etag,
      download.size,
      uploadTime,
      download.contentHash,
      pageCount,
      chunks.length,
      textLength,
    ],
  );
  for (let start = 0; start < chunks.length; start += CHUNKS_PER_STATEMENT) {
    const rows = chunks.slice(start, start + CHUNKS_PER_STATEMENT).map((chunk) => {
      const id = derivedId(...owner, download.contentHash, chunk.position);
      return { ...chunk, id, text: seal.seal(chunk.text, passageField(id)) };
    });
    await insertChunks(em, claim, { revisionId, rows });
  }
  const sequence = await takeSequences(em, claim.userId, 1);
  await em.execute(
    `update documents set state = 'indexed', state_reason = null, retry_at = null, must_reindex = false,
       revision_id = ?, indexed_by = ?, index_sequence = ?, updated_at = now() where id = ?`,
    [revisionId, jobId, sequence, claim.id],
  );
  return chunks.length;
}

async function insertChunks(
  em: EntityManager,
  claim: DocumentClaim,
  { revisionId, rows }: { revisionId: string; rows: readonly (Chunk & { id: string })[] },
): Promise<void> {
  await em.execute(
    `insert into chunks (id, document_id, revision_id, user_id, position, page, start_offset, end_offset, text, is_sealed)
     select e.id, ?::uuid, ?::uuid, ?::uuid, e.position, e.page, e."startOffset", e."endOffset", e.text, true
     from jsonb_to_recordset(?::jsonb)
       as e(id uuid, position int, page int, "startOffset" int, "endOffset" int, text text)`,
    [claim.id, revisionId, claim.userId, JSON.stringify(rows)],
  );
}

/**
 * A UUID (version 8, RFC 9562 section 5.8) made from what it names: the same parts give the same id, so that indexing
 * again after a crash gives the same rows.
 */
function derivedId(...parts: readonly (string | number)[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
