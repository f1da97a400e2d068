import type { DocumentState } from '../sources/document.entity.ts';
import type { DOCUMENT_STATES, DocumentResponse, DocumentListResponse } from './document.dto.ts';
import type { DocumentView } from './document-view.ts';
import type { DocumentPage } from './documents.service.ts';

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
