import { Injectable } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import type { Citation } from '../answering/answer.types.ts';
import { extractiveAnswer } from '../answering/extractive-answer.ts';
import { RetrievalService, type RetrievalQuestion } from './retrieval.service.ts';

/** A citation with the label of its document. */
export interface LabelledCitation extends Citation {
  readonly sourceType: string;
}

/** An answer in the words of the user's documents. */
export interface KnowledgeAnswer {
  readonly answer: string;
  readonly citations: readonly LabelledCitation[];
  /** Passages that were looked at. */
  readonly passageCount: number;
  readonly createdAt: Date;
}

/** Answers questions from the documents of the one who asks. */
@Injectable()
export class KnowledgeService {
  constructor(
    private readonly retrieval: RetrievalService,
    private readonly audit: AuditTrail,
  ) {}

  /** @throws DomainError `search-index-full`, `service-unavailable` */
  async ask({ userId }: Principal, question: RetrievalQuestion): Promise<KnowledgeAnswer> {
    const passages = await this.retrieval.retrieve(userId, question);
    const { answer, citations } = extractiveAnswer(question.query, passages);
    const labels = new Map(passages.map(({ documentId, sourceType }) => [documentId, sourceType]));
    await this.audit.record({
      actorId: userId,
      action: 'knowledge.query',
      outcome: 'success',
      details: { passages: passages.length, citations: citations.length },
    });
    return {
      answer,
      citations: citations.map((citation) => ({ ...citation, sourceType: labels.get(citation.documentId) ?? '' })),
      passageCount: passages.length,
      createdAt: new Date(),
    };
  }
}
