import { randomUUIDv7 } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/postgresql';
import { User } from '../../users/user.entity.ts';
import { Identity } from '../identities/identity.entity.ts';

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
    /** As its user calls it. */
    name: p.string().length(100).nullable(),
    /** How its user was authenticated: values of RFC 8176 section 2, space-separated. */
    methods: p.string().length(64).default('pwd'),
    /** When its user was last authenticated; sensitive changes require a recent time (`@StepUp`). */
    authenticatedAt: p.datetime().defaultRaw('now()'),
    /** The identity at another issuer that opened it. */
    identityId: () =>
      p.manyToOne(Identity).mapToPk().fieldName('identity_id').deleteRule('set null').nullable().index(),
    /** `sid` that the issuer gave its own session (OpenID Connect Back-Channel Logout 1.0 section 2.1). */
    providerSid: p.string().length(255).nullable(),
  },
});

/** What one login opened; access tokens name it (`sid`) and die with it. */
export class Session extends SessionSchema.class {}
SessionSchema.setClass(Session);
