import { randomUUIDv7 } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/postgresql';
import { User } from '../../users/user.entity.ts';

const PasskeySchema = defineEntity({
  name: 'Passkey',
  tableName: 'passkeys',
  properties: {
    id: p
      .uuid()
      .primary()
      .onCreate(() => randomUUIDv7()),
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').deleteRule('cascade').index(),
    /** As the authenticator names it, in base64url. */
    credentialId: p.string().length(1400).unique(),
    /** COSE key in base64url. */
    publicKey: p.text(),
    signCount: p.bigint('number').default(0),
    /** How the authenticator can be reached, space-separated. */
    transports: p.string().length(128).default(''),
    name: p.string().length(100),
    isBackedUp: p.boolean().default(false),
    createdAt: p.datetime().defaultRaw('now()'),
    lastUsedAt: p.datetime().nullable(),
  },
});

/** A WebAuthn credential of a user. */
export class Passkey extends PasskeySchema.class {}
PasskeySchema.setClass(Passkey);
