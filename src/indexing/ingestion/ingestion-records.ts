import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { AuditRecord } from '../../audit/audit-record.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import { DocumentRemoval } from '../sources/document-removal.ts';
import type { UserSource } from '../sources/document-source.types.ts';
import { dropText } from '../sources/index-sequence.ts';

/** One try at one version of a document. */
export interface DocumentClaim extends UserSource {
  readonly id: string;
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

/** States in which a version is done with although it has no text. */
export type TextlessState = 'failed' | 'too_large' | 'no_text_layer';

/** Writes what becomes of a document; each outcome is one transaction and none if another version was seen meanwhile. */
@Injectable()
export class IngestionRecords {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditTrail,
    private readonly removal: DocumentRemoval,
  ) {}

  /** Begins a try and counts it. @returns null when the document is not pending any more, or of another source */
  claim(owner: UserSource, documentId: string): Promise<DocumentClaim | null> {
    return this.database.transaction((em) => claimDocument(em, owner, documentId));
  }

  /** The try does not count. */
  async giveBack(claim: DocumentClaim): Promise<void> {
    await this.#finish(claim, async (em) => {
      await em.execute('update documents set attempts = greatest(attempts - 1, 0) where id = ?', [claim.id]);
    });
  }

  /** The try counts, and there will be another. */
  async recordFailure(claim: DocumentClaim, reason: string): Promise<void> {
    await this.#finish(claim, async (em) => {
      await em.execute('update documents set state_reason = ?, updated_at = now() where id = ?', [reason, claim.id]);
    });
  }

  /** The try does not count, and the next one is not before `delaySeconds` have passed. */
  async postpone(claim: DocumentClaim, reason: string, delaySeconds: number): Promise<void> {
    await this.#finish(claim, async (em) => {
      await em.execute(
        `update documents set attempts = greatest(attempts - 1, 0), state_reason = ?,
           retry_at = now() + make_interval(secs => ?), updated_at = now() where id = ?`,
        [reason, delaySeconds, claim.id],
      );
    });
  }

  /** The content is the one that is indexed: only its version is new. */
  async storeVersion(claim: DocumentClaim, etag: string): Promise<void> {
    await this.#finish(claim, async (em) => {
      await em.execute(
        `update document_revisions r set etag = ?, upload_time = ? from documents d
         where d.id = ? and r.id = d.revision_id`,
        [etag, claim.seenUploadTime, claim.id],
      );
      await em.execute(
        `update documents set state = 'indexed', state_reason = null, retry_at = null, updated_at = now() where id = ?`,
        [claim.id],
      );
    });
  }

  /** This version has no text to offer, for a reason that another try cannot change; text of earlier ones goes. */
  async finishWithoutText(claim: DocumentClaim, state: TextlessState, reason: string): Promise<void> {
    await this.#finish(claim, async (em) => {
      await dropText(em, claim.userId, [claim.id]);
      await em.execute(
        `update documents set state = ?, state_reason = ?, retry_at = null, must_reindex = false, updated_at = now()
         where id = ?`,
        [state, reason, claim.id],
      );
      await this.#record(em, claim, { outcome: 'failure', details: { state, reason } });
    });
  }

  /** The file is gone. */
  async remove(claim: DocumentClaim): Promise<void> {
    await this.#finish(claim, (em) => this.removal.remove(em, claim.userId, [claim.id]));
  }

  /** Stores text by `write`, which returns the number of chunks. */
  async store(claim: DocumentClaim, write: (em: EntityManager) => Promise<number>): Promise<void> {
    await this.#finish(claim, async (em) => {
      const chunkCount = await write(em);
      await this.#record(em, claim, { outcome: 'success', details: { chunks: chunkCount } });
    });
  }

  #finish(claim: DocumentClaim, work: (em: EntityManager) => Promise<void>): Promise<void> {
    return this.database.transaction(async (em) => {
      if (await holdsStill(em, claim)) await work(em);
    });
  }

  #record(
    em: EntityManager,
    claim: DocumentClaim,
    end: Pick<AuditRecord<'document.index'>, 'outcome' | 'details'>,
  ): Promise<void> {
    const { userId, id } = claim;
    return this.audit.append(em, {
      actorId: userId,
      action: 'document.index',
      targetType: 'document',
      targetId: id,
      ...end,
    });
  }
}

async function claimDocument(
  em: EntityManager,
  { userId, source }: UserSource,
  id: string,
): Promise<DocumentClaim | null> {
  const [row] = await em.execute<ClaimRow[]>(
    `update documents d set attempts = d.attempts + 1, updated_at = now()
     where d.id = ? and d.user_id = ? and d.source = ? and d.state = 'pending'
     returning d.id, d.user_id as "userId", d.source, d.file_id as "fileId", d.path, d.media_type as "mediaType",
       d.seen_etag as "seenEtag", d.seen_size as "seenSize", d.seen_upload_time as "seenUploadTime", d.attempts,
       d.must_reindex as "mustReindex",
       (select r.content_hash from document_revisions r where r.id = d.revision_id) as "currentHash"`,
    [id, userId, source],
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
async function holdsStill(em: EntityManager, claim: DocumentClaim): Promise<boolean> {
  const rows = await em.execute<unknown[]>(
    `select id from documents where id = ? and user_id = ? and state = 'pending' and media_type = ?
       and seen_etag = ? and seen_size = ? and seen_upload_time = ? for update`,
    [claim.id, claim.userId, claim.mediaType, claim.seenEtag, claim.seenSize, claim.seenUploadTime],
  );
  return rows.length === 1;
}
