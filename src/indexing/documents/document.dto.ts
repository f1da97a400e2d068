import { IsIn, IsInt, IsUUID, Max, Min } from 'class-validator';
import type { DocumentState } from '../sources/document.entity.ts';
import type { DocumentView } from './document-view.ts';
import type { DocumentPage } from './documents.service.ts';
import { MayBeAbsent, WholeNumber } from '../../validation/members.ts';

/** Where a document stands. */
export const DOCUMENT_STATES = ['pending', 'indexed', 'no_text_layer', 'too_large', 'failed'] as const;

/** Which documents to list. */
export class DocumentsQuery {
  /** Only documents in this state. */
  @MayBeAbsent()
  @IsIn(DOCUMENT_STATES)
  state?: (typeof DOCUMENT_STATES)[number];

  /**
   * Most documents in the answer, 1 to 200. Default 50.
   * @example 50
   */
  @MayBeAbsent()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(200)
  limit?: number;

  /** `next_cursor` of the page before. */
  @MayBeAbsent()
  @IsUUID()
  cursor?: string;
}

/** A file that is, was or will be indexed. */
export class DocumentResponse {
  /** @example "0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f" */
  id!: string;

  /** @example "2024 Hypertension Management Guidelines" */
  title!: string;

  /** @example "/Documents/hypertension_guideline.pdf" */
  path!: string;

  /** @example "guideline" */
  source_type!: string;

  /** @example "application/pdf" */
  media_type!: string;

  /**
   * In bytes.
   * @example 482113
   */
  size!: number;

  /** pending: waits to be read; no_text_layer: its pages hold only pictures. */
  state!: (typeof DOCUMENT_STATES)[number];

  /**
   * Why it is not indexed; null when it is.
   * @example "encrypted"
   */
  reason!: string | null;

  /** ETag of the version that is indexed; null when none is. */
  revision!: string | null;

  /** null where the format has no pages or nothing is indexed. */
  page_count!: number | null;

  /** @example 42 */
  chunk_count!: number;

  /** When the file was changed last, as Nextcloud tells. */
  modified_at!: string | null;

  /** null while nothing of it is indexed. */
  indexed_at!: string | null;
}

/** One page of documents, newest first. */
export class DocumentListResponse {
  /** The newest first. */
  documents!: DocumentResponse[];

  /** Where the next page begins; null at the end. */
  next_cursor!: string | null;
}

/** What a client sees of a document. */
export function documentResponse(document: DocumentView): DocumentResponse {
  return {
    id: document.id,
    title: document.title,
    path: document.path,
    source_type: document.sourceType,
    media_type: document.mediaType,
    size: document.sizeBytes,
    state: visible(document.state),
    reason: document.reason,
    revision: document.revision,
    page_count: document.pageCount === 0 ? null : document.pageCount,
    chunk_count: document.chunkCount,
    modified_at: document.modifiedAt?.toISOString() ?? null,
    indexed_at: document.indexedAt?.toISOString() ?? null,
  };
}

/** What a client sees of a page of documents. */
export function documentListResponse({ documents, nextCursor }: DocumentPage): DocumentListResponse {
  return { documents: documents.map(documentResponse), next_cursor: nextCursor };
}

function visible(state: DocumentState): (typeof DOCUMENT_STATES)[number] {
  if (state === 'removed') throw new Error('Removed documents are not shown');
  return state;
}
