import { defineEntity, p } from '@mikro-orm/postgresql';
import { User } from '../../users/user.entity.ts';
import { DocumentRevision } from './document-revision.entity.ts';
import { Document } from './document.entity.ts';

const ChunkSchema = defineEntity({
  name: 'Chunk',
  tableName: 'chunks',
  indexes: [{ name: 'chunks_unsealed_index', properties: ['userId'], where: 'not is_sealed' }],
  properties: {
    /** Derived from owner, source, file id, content and position: indexing again gives the same ids. */
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
    /** Sealed under the data key of the user (`passageField`), unless `isSealed` is false: then an earlier version wrote it. */
    text: p.text(),
    isSealed: p.boolean().default(false),
  },
});

/** A passage of a revision. */
export class Chunk extends ChunkSchema.class {}
ChunkSchema.setClass(Chunk);
