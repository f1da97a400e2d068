import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import { DocumentRemoval } from '../sources/document-removal.ts';
import { dropText } from '../sources/index-sequence.ts';
import { claimDocument, holdsStill, type DocumentClaim } from './document-claim.ts';

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

  /** Begins a try. @returns null when the document is not pending any more */
  claim(userId: string, documentId: string): Promise<DocumentClaim | null> {
    return this.database.transaction((em) => claimDocument(em, userId, documentId));
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
    end: { outcome: 'success' | 'failure'; details: Record<string, string | number> },
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
