import { randomUUIDv7 } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/postgresql';
import { User } from '../../users/user.entity.ts';

/** Where a document stands; every state but `removed` is a file that the last scan saw. */
export type DocumentState = 'pending' | 'indexed' | 'no_text_layer' | 'too_large' | 'failed' | 'removed';

const DocumentSchema = defineEntity({
  name: 'Document',
  tableName: 'documents',
  uniques: [{ name: 'documents_user_id_source_file_id_unique', properties: ['userId', 'source', 'fileId'] }],
  indexes: [{ name: 'documents_user_id_index_sequence_index', properties: ['userId', 'indexSequence'] }],
  properties: {
    id: p
      .uuid()
      .primary()
      .onCreate(() => randomUUIDv7()),
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').deleteRule('cascade'),
    /** Kind of the source that it is read from. */
    source: p.string().length(32),
    /** Stable over moves and overwrites within the source; oc:fileid in Nextcloud. */
    fileId: p.string().length(64),
    /** Path in the owner's part of the source, decoded, with a leading slash. */
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
