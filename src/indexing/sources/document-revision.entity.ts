import { defineEntity, p } from '@mikro-orm/postgresql';
import { Document } from './document.entity.ts';

const DocumentRevisionSchema = defineEntity({
  name: 'DocumentRevision',
  tableName: 'document_revisions',
  properties: {
    id: p.uuid().primary(),
    documentId: () => p.manyToOne(Document).mapToPk().fieldName('document_id').deleteRule('cascade').index(),
    /** ETag of the download, which is the true one. */
    etag: p.string().length(255),
    size: p.bigint('number'),
    uploadTime: p.bigint('number'),
    /** SHA-256 of the bytes, in hex. */
    contentHash: p.string().length(64),
    /** 0 where the format has no pages. */
    pageCount: p.integer(),
    chunkCount: p.integer(),
    /** Length of all chunks together, in UTF-16 code units. */
    textLength: p.integer(),
    createdAt: p.datetime().defaultRaw('now()'),
  },
});

/** The version of a document that is indexed. */
export class DocumentRevision extends DocumentRevisionSchema.class {}
DocumentRevisionSchema.setClass(DocumentRevision);
