import { defineEntity, p } from '@mikro-orm/postgresql';
import { User } from '../../users/user.entity.ts';

const ActivityCursorSchema = defineEntity({
  name: 'ActivityCursor',
  tableName: 'nextcloud_activity_places',
  properties: {
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').primary().deleteRule('cascade'),
    /** The user of the feed. */
    uid: p.string().length(255),
    /** The newest entry that was seen; null: to be found out. */
    lastActivityId: p.bigint('number').nullable(),
    /** off: the server has no feed for this user, as far as is known. */
    state: p.string().length(8).$type<'on' | 'off'>().default('on'),
    /** null: never looked at. */
    lookedAt: p.datetime().nullable(),
    nextLookAt: p.datetime().defaultRaw('now()').index(),
  },
});

/** How far the activity feed of a linked account has been read. */
export class ActivityCursor extends ActivityCursorSchema.class {}
ActivityCursorSchema.setClass(ActivityCursor);
