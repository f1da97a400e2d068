import { randomUUIDv7 } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/postgresql';
import { User } from '../../users/user.entity.ts';

const IdentitySchema = defineEntity({
  name: 'Identity',
  tableName: 'identities',
  properties: {
    id: p
      .uuid()
      .primary()
      .onCreate(() => randomUUIDv7()),
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').deleteRule('cascade').index(),
    /** Name of the provider in the configuration. */
    provider: p.string().length(64),
    issuer: p.string().length(512),
    subject: p.string().length(255),
    /** As the provider told it at the last login. */
    email: p.string().length(255).nullable(),
    /** Tokens of the provider as JSON, sealed. */
    sealedTokens: p.text().nullable(),
    /** Whether its groups made the user an administrator: only then do they take the role back. */
    grantedAdmin: p.boolean().default(false),
    linkedAt: p.datetime().defaultRaw('now()'),
    lastLoginAt: p.datetime().nullable(),
  },
  uniques: [{ properties: ['issuer', 'subject'] }],
});

/** Who a user is at another issuer; issuer and subject together, never an address, tell one from another. */
export class Identity extends IdentitySchema.class {}
IdentitySchema.setClass(Identity);
