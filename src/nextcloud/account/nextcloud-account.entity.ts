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
    state: p.string().length(16).$type<'pending' | 'linked' | 'expired'>(),
    createdAt: p.datetime().defaultRaw('now()'),
    expiresAt: p.datetime(),
    lastPolledAt: p.datetime().nullable(),
  },
});

/** A Login Flow v2 that a user has started. */
export class NextcloudLink extends NextcloudLinkSchema.class {}
NextcloudLinkSchema.setClass(NextcloudLink);
