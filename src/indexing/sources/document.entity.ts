import { randomUUIDv7 } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/postgresql';
import { User } from '../../users/user.entity.ts';

/** Where a document stands; every state but `removed` is a file that the last scan saw. */
export type DocumentState = 'pending' | 'indexed' | 'no_text_layer' | 'too_large' | 'failed' | 'removed';

const DocumentSchema = defineEntity({
  name: 'Document',
  tableName: 'documents',
  uniques: [{ name: 'documents_user_id_file_id_unique', properties: ['userId', 'fileId'] }],
  indexes: [{ name: 'documents_user_id_index_sequence_index', properties: ['userId', 'indexSequence'] }],
  properties: {
    id: p
      .uuid()
      .primary()
      .onCreate(() => randomUUIDv7()),
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').deleteRule('cascade'),
    /** oc:fileid, stable over moves and overwrites. */
    fileId: p.string().length(64),
    /** Path in the owner's account, decoded, with a leading slash. */
    path: p.text(),
    title: p.text().nullable(),
    sourceType: p.string().length(32),
    mediaType: p.string().length(128),
    /** Version seen by the last scan: etag, size and upload time together. */
    seenEtag: p.string().length(255),
    seenSize: p.bigint('number'),
    seenUploadTime: p.bigint('number'),
    modifiedAt: p.datetime().nullable(),
    state: p.string().length(16).$type<DocumentState>(),
    /** Code that explains too_large, failed and no_text_layer. */
    stateReason: p.string().length(64).nullable(),
    /** Tries at the version seen; a graceful stop takes its try back. */
    attempts: p.integer().default(0),
    /** Earliest time of the next try of a failed document. */
    retryAt: p.datetime().nullable(),
    /** True when the version was seen within 2 s of its upload: it is looked at again. */
    isRacy: p.boolean().default(false),
    /** Asked for by its path; scans look at it even outside the watched folders. */
    isRequested: p.boolean().default(false),
    /** Read it again even if its content is the same. */
    mustReindex: p.boolean().default(false),
    /** The scan run that saw it last. */
    seenRun: p.uuid().nullable(),
    /** The job that made its revision. */
    indexedBy: p.uuid().nullable(),
    revisionId: p.uuid().nullable(),
    /** Position in the owner's stream of index changes. */
    indexSequence: p.bigint('number').default(0),
    createdAt: p.datetime().defaultRaw('now()'),
    updatedAt: p.datetime().defaultRaw('now()'),
  },
});

/** A file of one user that is, was or will be indexed. */
export class Document extends DocumentSchema.class {}
DocumentSchema.setClass(Document);

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

const ChunkSchema = defineEntity({
  name: 'Chunk',
  tableName: 'chunks',
  properties: {
    /** Derived from owner, file id, content and position: indexing again gives the same ids. */
    id: p.uuid().primary(),
    documentId: () => p.manyToOne(Document).mapToPk().fieldName('document_id').deleteRule('cascade').index(),
    revisionId: () => p.manyToOne(DocumentRevision).mapToPk().fieldName('revision_id').deleteRule('cascade').index(),
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').deleteRule('cascade').index(),
    position: p.integer(),
    /** Page number from 1; null where the format has no pages. */
    page: p.integer().nullable(),
    /** UTF-16 code units into the text of the page, or of the document where it has no pages. */
    startOffset: p.integer(),
    endOffset: p.integer(),
    text: p.text(),
  },
});

/** A passage of a revision. */
export class Chunk extends ChunkSchema.class {}
ChunkSchema.setClass(Chunk);

const IndexHeadSchema = defineEntity({
  name: 'IndexHead',
  tableName: 'index_heads',
  properties: {
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').primary().deleteRule('cascade'),
    sequence: p.bigint('number').default(0),
  },
});

/** Last position in a user's stream of index changes; locked while one is written, so that positions commit in order. */
export class IndexHead extends IndexHeadSchema.class {}
IndexHeadSchema.setClass(IndexHead);

const ScannedFolderSchema = defineEntity({
  name: 'ScannedFolder',
  tableName: 'scanned_folders',
  properties: {
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').primary().deleteRule('cascade'),
    fileId: p.string().length(64).primary(),
    path: p.text(),
    /** ETag at which the whole subtree was read; null: read it next time. */
    etag: p.string().length(255).nullable(),
    scannedAt: p.datetime().defaultRaw('now()'),
  },
});

/** What the last scan knew of a folder. */
export class ScannedFolder extends ScannedFolderSchema.class {}
ScannedFolderSchema.setClass(ScannedFolder);
