import { defineEntity, p } from '@mikro-orm/postgresql';
import { User } from '../../users/user.entity.ts';

const OneTimeTokenSchema = defineEntity({
  name: 'OneTimeToken',
  tableName: 'one_time_tokens',
  properties: {
    /** SHA-256 of the token, in hex. The token itself is stored nowhere. */
    tokenHash: p.string().length(64).primary(),
    purpose: p.string().length(32),
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').deleteRule('cascade').nullable().index(),
    /** JSON, sealed under a key that only the token gives. */
    sealedPayload: p.text(),
    /** Wrong guesses made with it. */
    attempts: p.smallint().default(0),
    createdAt: p.datetime().defaultRaw('now()'),
    expiresAt: p.datetime().index(),
  },
});

/** A token for one purpose, valid once and for a short time. */
export class OneTimeToken extends OneTimeTokenSchema.class {}
OneTimeTokenSchema.setClass(OneTimeToken);
