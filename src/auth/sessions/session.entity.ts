import { randomUUIDv7 } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/postgresql';
import { User } from '../../users/user.entity.ts';

const SessionSchema = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  properties: {
    id: p
      .uuid()
      .primary()
      .onCreate(() => randomUUIDv7()),
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').deleteRule('cascade').index(),
    createdAt: p.datetime().defaultRaw('now()'),
    /** Time of the last refresh. */
    lastUsedAt: p.datetime().defaultRaw('now()'),
    /** Fixed at login; refreshing never moves it. */
    expiresAt: p.datetime(),
    endedAt: p.datetime().nullable(),
    endReason: p.string().length(32).nullable(),
    address: p.string().length(64),
    userAgent: p.string().length(255).nullable(),
  },
});

/** What one login opened; access tokens name it (`sid`) and die with it. */
export class Session extends SessionSchema.class {}
SessionSchema.setClass(Session);
