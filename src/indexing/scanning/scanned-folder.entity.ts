import { defineEntity, p } from '@mikro-orm/postgresql';
import { User } from '../../users/user.entity.ts';

const ScannedFolderSchema = defineEntity({
  name: 'ScannedFolder',
  tableName: 'scanned_folders',
  properties: {
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').primary().deleteRule('cascade'),
    /** Kind of the source that it is a folder of. */
    source: p.string().length(32).primary(),
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
