import type { EntityManager } from '@mikro-orm/postgresql';

/** One try at one version of a document. */
export interface DocumentClaim {
  readonly id: string;
  readonly userId: string;
  readonly fileId: string;
  readonly path: string;
  readonly mediaType: string;
  readonly seenEtag: string;
  readonly seenSize: number;
  readonly seenUploadTime: number;
  /** Tries at this version, this one included. */
  readonly attempts: number;
  readonly mustReindex: boolean;
  /** SHA-256 of the content that is indexed now; null when none is. */
  readonly currentHash: string | null;
}

type ClaimRow = Omit<DocumentClaim, 'seenSize' | 'seenUploadTime'> & Record<'seenSize' | 'seenUploadTime', string>;

/** Begins a try and counts it. @returns null when the document is not pending any more */
export async function claimDocument(em: EntityManager, userId: string, id: string): Promise<DocumentClaim | null> {
  const [row] = await em.execute<ClaimRow[]>(
    `update documents d set attempts = d.attempts + 1, updated_at = now()
     where d.id = ? and d.user_id = ? and d.state = 'pending'
     returning d.id, d.user_id as "userId", d.file_id as "fileId", d.path, d.media_type as "mediaType",
       d.seen_etag as "seenEtag", d.seen_size as "seenSize", d.seen_upload_time as "seenUploadTime", d.attempts,
       d.must_reindex as "mustReindex",
       (select r.content_hash from document_revisions r where r.id = d.revision_id) as "currentHash"`,
    [id, userId],
  );
  return row === undefined
    ? null
    : { ...row, seenSize: Number(row.seenSize), seenUploadTime: Number(row.seenUploadTime) };
}

/**
 * Locks the document of a claim until the transaction ends.
 *
 * @returns false when another version was seen meanwhile, or somebody else has finished this one: the outcome of this
 * try must then not be stored
 */
export async function holdsStill(em: EntityManager, claim: DocumentClaim): Promise<boolean> {
  const rows = await em.execute<unknown[]>(
    `select id from documents where id = ? and user_id = ? and state = 'pending' and media_type = ?
       and seen_etag = ? and seen_size = ? and seen_upload_time = ? for update`,
    [claim.id, claim.userId, claim.mediaType, claim.seenEtag, claim.seenSize, claim.seenUploadTime],
  );
  return rows.length === 1;
}
