import { defineEntity, p } from '@mikro-orm/postgresql';
import { User } from '../../users/user.entity.ts';

const StoredIndexRulesSchema = defineEntity({
  name: 'StoredIndexRules',
  tableName: 'index_rules',
  properties: {
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').primary().deleteRule('cascade'),
    /** Kind of the source that the rules are about. */
    source: p.string().length(32).primary(),
    /** null here and below: as the operator has it. */
    watchDirectories: p.json<string[]>().nullable(),
    include: p.json<string[]>().nullable(),
    exclude: p.json<string[]>().nullable(),
    maxFileMb: p.integer().nullable(),
    /** Counts the changes. */
    version: p.integer().default(1),
    updatedAt: p.datetime().defaultRaw('now()'),
  },
});

/** What a user has chosen to be indexed of one source. */
export class StoredIndexRules extends StoredIndexRulesSchema.class {}
StoredIndexRulesSchema.setClass(StoredIndexRules);
