import { defineEntity, p } from '@mikro-orm/postgresql';
import { Session } from './session.entity.ts';

const RefreshTokenSchema = defineEntity({
  name: 'RefreshToken',
  tableName: 'refresh_tokens',
  properties: {
    /** SHA-256 of the token, in hex. The token itself is stored nowhere. */
    tokenHash: p.string().length(64).primary(),
    sessionId: () => p.manyToOne(Session).mapToPk().fieldName('session_id').deleteRule('cascade').index(),
    createdAt: p.datetime().defaultRaw('now()'),
    /** When it was exchanged for its successor; a second exchange later than the grace time is reuse. */
    usedAt: p.datetime().nullable(),
  },
});

/** One link in the chain of refresh tokens of a session. */
export class RefreshToken extends RefreshTokenSchema.class {}
RefreshTokenSchema.setClass(RefreshToken);
