import { Injectable } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { DocumentState } from '../sources/document.entity.ts';
import type { UserSource } from '../sources/document-source.types.ts';
import { findPathFault, normalPath } from '../sources/source-path.ts';
import { findDocuments, type DocumentView } from './document-view.ts';

/** One page of a list. */
export interface DocumentPage {
  readonly documents: readonly DocumentView[];
  /** Where the next page begins; null at the end. */
  readonly nextCursor: string | null;
}

/** What a user knows of the own documents. */
@Injectable()
export class DocumentsService {
  constructor(private readonly database: Database) {}

  /** @throws DomainError `not-found` also for documents of others */
  async get({ userId }: Principal, id: string): Promise<DocumentView> {
    const [document] = await this.database.read((em) => findDocuments(em, userId, { id, limit: 1 }));
    if (document === undefined) throw new DomainError('not-found');
    return document;
  }

  /** @throws DomainError `not-found` when no document of this path was ever seen, `validation-failed` */
  async getByPath({ userId, source }: UserSource, path: string): Promise<DocumentView> {
    const wanted = normalPath(path);
    const fault = findPathFault(wanted);
    if (fault !== null) throw new DomainError('validation-failed', { errors: [{ parameter: 'path', detail: fault }] });
    const [document] = await this.database.read((em) => findDocuments(em, userId, { source, path: wanted, limit: 1 }));
    if (document === undefined) throw new DomainError('not-found');
    return document;
  }

  /** Newest first. */
  async list(
    { userId }: Principal,
    { state, cursor, limit }: { state?: DocumentState | undefined; cursor?: string | undefined; limit: number },
  ): Promise<DocumentPage> {
    const found = await this.database.read((em) =>
      findDocuments(em, userId, { ...(state && { state }), ...(cursor && { before: cursor }), limit: limit + 1 }),
    );
    const documents = found.slice(0, limit);
    return { documents, nextCursor: found.length > limit ? (documents.at(-1)?.id ?? null) : null };
  }
}
