import { defineEntity, p } from '@mikro-orm/postgresql';
import { User } from '../users/user.entity.ts';

const UserKeySchema = defineEntity({
  name: 'UserKey',
  tableName: 'user_keys',
  properties: {
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').primary().deleteRule('cascade'),
    /** Data key of the user, wrapped by a key of the ring; the value names the id of that key. */
    wrappedKey: p.text(),
  },
});

/** The key that seals everything kept for one user. Without this row nothing of it can ever be read again. */
export class UserKey extends UserKeySchema.class {}
UserKeySchema.setClass(UserKey);
