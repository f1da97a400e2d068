import { randomUUIDv7 } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/postgresql';
import { User } from '../../users/user.entity.ts';

const NextcloudAccountSchema = defineEntity({
  name: 'NextcloudAccount',
  tableName: 'nextcloud_accounts',
  properties: {
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').primary().deleteRule('cascade'),
    /** The Nextcloud user id that DAV paths are built from; not always the login name. */
    uid: p.string().length(255),
    loginName: p.string().length(255),
    displayName: p.string().length(255).nullable(),
    /** bearer where the server takes an app password that way, else basic; probed once when linking. */
    scheme: p.string().length(8).$type<'bearer' | 'basic'>(),
    /** App password, sealed. */
    sealedSecret: p.text(),
    state: p.string().length(16).$type<'linked' | 'invalid' | 'suspended'>(),
    stateChangedAt: p.datetime().defaultRaw('now()'),
    linkedAt: p.datetime().defaultRaw('now()'),
    /** The app password before the last rotation, sealed, until the new one has been seen to work. */
    sealedPreviousSecret: p.text().nullable(),
    /** When another app password took the place of one in use; null while there has been one only. */
    secretChangedAt: p.datetime().nullable(),
    /** Set while somebody rotates; one at a time. */
    rotationStartedAt: p.datetime().nullable(),
    /** When a suspended account was last asked for. */
    checkedAt: p.datetime().nullable(),
  },
});

/** The Nextcloud account that a user has linked. */
export class NextcloudAccount extends NextcloudAccountSchema.class {}
NextcloudAccountSchema.setClass(NextcloudAccount);

const NextcloudLinkSchema = defineEntity({
  name: 'NextcloudLink',
  tableName: 'nextcloud_links',
  properties: {
    id: p
      .uuid()
      .primary()
      .onCreate(() => randomUUIDv7()),
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').deleteRule('cascade').index(),
    /** Poll token of Login Flow v2, sealed. */
    sealedPollToken: p.text(),
    /** granted: the app password is here and remains to be tried. */
    state: p.string().length(16).$type<'pending' | 'granted' | 'linked' | 'expired' | 'failed'>(),
    /** Login name and app password as Nextcloud gave them, once, sealed. */
    sealedGrant: p.text().nullable(),
    /** Why a granted flow failed. */
    problemCode: p.string().length(64).nullable(),
    createdAt: p.datetime().defaultRaw('now()'),
    expiresAt: p.datetime(),
    lastPolledAt: p.datetime().nullable(),
  },
});

/** A Login Flow v2 that a user has started. */
export class NextcloudLink extends NextcloudLinkSchema.class {}
NextcloudLinkSchema.setClass(NextcloudLink);

const NextcloudRevocationSchema = defineEntity({
  name: 'NextcloudRevocation',
  tableName: 'nextcloud_revocations',
  properties: {
    id: p
      .uuid()
      .primary()
      .onCreate(() => randomUUIDv7()),
    /** The user that it belonged to; the account may be deleted by now. */
    userId: p.uuid(),
    /** The login, sealed under the key ring: the key of its owner may be gone by now. */
    sealedLogin: p.text(),
    attempts: p.integer().default(0),
    createdAt: p.datetime().defaultRaw('now()'),
    nextAttemptAt: p.datetime().defaultRaw('now()'),
  },
});

/** An app password that nobody needs any more and that is still to be revoked in Nextcloud. */
export class NextcloudRevocation extends NextcloudRevocationSchema.class {}
NextcloudRevocationSchema.setClass(NextcloudRevocation);
