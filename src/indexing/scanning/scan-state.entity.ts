import { defineEntity, p } from '@mikro-orm/postgresql';
import { User } from '../../users/user.entity.ts';

const ScanStateSchema = defineEntity({
  name: 'ScanState',
  tableName: 'scan_states',
  properties: {
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').primary().deleteRule('cascade'),
    /** Kind of the source that is scanned. */
    source: p.string().length(32).primary(),
    /** When the oldest hint came that no scan has answered yet; null: there is none. */
    hintedAt: p.datetime().nullable(),
    /** When a scan was asked for last because of hints. */
    hintTakenAt: p.datetime().nullable(),
    /** When a scan that read everything ended last; null: the next one reads everything. */
    reconciledAt: p.datetime().nullable(),
    /** When a scan ended last that saw all it had to see. */
    scannedAt: p.datetime().nullable(),
    /** When the regular round asks for the next scan; null: at once. */
    dueAt: p.datetime().nullable(),
    /** Digest of the rules under which the last scan judged all files. */
    rulesHash: p.string().length(64).nullable(),
  },
});

/** What is remembered between scans of one source of a user. */
export class ScanState extends ScanStateSchema.class {}
ScanStateSchema.setClass(ScanState);
