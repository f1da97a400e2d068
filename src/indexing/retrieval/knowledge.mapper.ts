import type { AnswerResponse, CitationResponse, QueryRequest } from './knowledge.dto.ts';
import type { KnowledgeAnswer, LabelledCitation } from './knowledge.service.ts';
import type { RetrievalQuestion } from './retrieval.service.ts';

const DEFAULT_TOP_K = 5;

/** The question in a request. */
export function retrievalQuestion({ query, top_k: topK, filters }: QueryRequest): RetrievalQuestion {
  return {
    query,
    topK: topK ?? DEFAULT_TOP_K,
    ...(filters?.document_ids && { documentIds: filters.document_ids }),
    ...(filters?.source_types && { sourceTypes: filters.source_types }),
  };
}

/** What a client sees of an answer. */
export function answerResponse({ answer, citations, passageCount, createdAt }: KnowledgeAnswer): AnswerResponse {
  return {
    answer,
    citations: citations.map(citationResponse),
    retrieval: { mode: 'lexical', degraded: false, passages_considered: passageCount },
    created_at: createdAt.toISOString(),
  };
}

function citationResponse(citation: LabelledCitation): CitationResponse {
  return {
    number: citation.number,
    document_id: citation.documentId,
    title: citation.title,
    path: citation.path,
    source_type: citation.sourceType,
    revision: citation.revision,
    page: citation.page,
    start_offset: citation.startOffset,
    end_offset: citation.endOffset,
    quoted_text: citation.quotedText,
    relevance_score: citation.relevanceScore,
  };
}
