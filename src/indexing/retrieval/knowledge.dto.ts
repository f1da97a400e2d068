import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsInt,
  IsObject,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { SOURCE_TYPE } from '../sources/document-type.ts';
import type { KnowledgeAnswer, LabelledCitation } from './knowledge.service.ts';
import type { RetrievalQuestion } from './retrieval.service.ts';
import { MayBeAbsent } from '../../validation/members.ts';

const DEFAULT_TOP_K = 5;

/** Which documents may be answered from. */
export class QueryFilters {
  /**
   * Only documents with one of these labels; an empty list finds nothing.
   * @example ["guideline"]
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(20)
  @ArrayUnique()
  @Matches(SOURCE_TYPE, { each: true })
  source_types?: string[];

  /**
   * Only these documents; an empty list finds nothing.
   * @example ["0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f"]
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(100)
  @ArrayUnique()
  @IsUUID('all', { each: true })
  document_ids?: string[];
}

/** A question to the own documents. */
export class QueryRequest {
  /**
   * The question, 1 to 2,000 characters.
   * @example "What is the first-line treatment of hypertension?"
   */
  @IsString()
  @MaxLength(2000)
  @Matches(/\S/, { message: 'query must not be blank' })
  query!: string;

  /**
   * Most passages to answer from, 1 to 20. Default 5.
   * @example 5
   */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(20)
  top_k?: number;

  /** Which documents may be answered from. Default: all of yours. */
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => QueryFilters)
  filters?: QueryFilters;
}

/** Proof of one quote of an answer. */
export class CitationResponse {
  /**
   * The n of the marker [n] in the answer.
   * @example 1
   */
  number!: number;

  /** @example "0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f" */
  document_id!: string;

  /** @example "2024 Hypertension Management Guidelines" */
  title!: string;

  /**
   * Path in the linked account.
   * @example "/Documents/hypertension_guideline.pdf"
   */
  path!: string;

  /** @example "guideline" */
  source_type!: string;

  /**
   * Version of the file that was read, as its ETag.
   * @example "\"ae39d33afcf46826cbf6c0e92b881d90\""
   */
  revision!: string;

  /**
   * Page from 1; null where the format has no pages.
   * @example 12
   */
  page!: number | null;

  /**
   * Where the quote begins in the text of the page (of the file where it has no pages), in UTF-16 code units.
   * @example 1520
   */
  start_offset!: number;

  /**
   * Where the quote ends.
   * @example 1604
   */
  end_offset!: number;

  /**
   * The words of the document, unchanged.
   * @example "Thiazide diuretics are recommended as first-line treatment."
   */
  quoted_text!: string;

  /**
   * 0 to 1.
   * @example 0.87
   */
  relevance_score!: number;
}

/** How the passages were found. */
export class RetrievalResponse {
  /** lexical: by words (BM25). */
  mode!: 'lexical';

  /** True when a part of the search that is configured could not be used. */
  degraded!: boolean;

  /**
   * Passages that were looked at.
   * @example 5
   */
  passages_considered!: number;
}

/** An answer in the words of the own documents. */
export class AnswerResponse {
  /**
   * Quotes with [n] markers, or a plain statement that nothing answers the question.
   * @example "“Thiazide diuretics are recommended as first-line treatment.” [1]"
   */
  answer!: string;

  /** Only what the answer quotes. */
  citations!: CitationResponse[];

  /** How the passages were found. */
  retrieval!: RetrievalResponse;

  /** @example "2026-11-22T10:00:00.000Z" */
  created_at!: string;
}

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
