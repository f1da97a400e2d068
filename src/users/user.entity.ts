import { randomUUIDv7 } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/postgresql';

const UserSchema = defineEntity({
  name: 'User',
  tableName: 'users',
  properties: {
    id: p
      .uuid()
      .primary()
      .onCreate(() => randomUUIDv7()),
    /** Lower-cased: one account per address, whatever the spelling. */
    email: p.string().length(255).unique(),
    fullName: p.string().length(255).nullable(),
    /** bcrypt; null where the account has no password: invited, or known through another issuer only. */
    hashedPassword: p.string().length(255).nullable(),
    /** When the owner of the account showed to receive mail at the address; null until then. */
    emailVerifiedAt: p.datetime().nullable(),
    isActive: p.boolean().default(true),
    isAdmin: p.boolean().default(false),
    createdAt: p.datetime().defaultRaw('now()'),
    updatedAt: p.datetime().defaultRaw('now()'),
    lastLogin: p.datetime().nullable(),
    /** Sessions that began earlier are over: set when rights change or the account is deactivated. */
    sessionsNotBefore: p.datetime().nullable(),
  },
});

/** A person with an account. Passwords only as bcrypt hashes; deletion is soft (`isActive`). */
export class User extends UserSchema.class {}
UserSchema.setClass(User);
