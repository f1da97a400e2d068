import { defineEntity, p } from '@mikro-orm/postgresql';
import { User } from '../../users/user.entity.ts';

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
