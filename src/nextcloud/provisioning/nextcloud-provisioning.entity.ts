import { defineEntity, p } from '@mikro-orm/postgresql';

/**
 * - `pending`: nothing has been asked of Nextcloud yet
 * - `creating`: the creation may have been sent; only looking tells what came of it
 * - `provisioned`: this server made the Nextcloud user
 * - `matched`: the user has proved to own a Nextcloud user that was there
 * - `failed`: an administrator has to look
 */
export type ProvisioningState = 'pending' | 'creating' | 'provisioned' | 'matched' | 'failed';

const NextcloudProvisioningSchema = defineEntity({
  name: 'NextcloudProvisioning',
  tableName: 'nextcloud_provisionings',
  properties: {
    /** Not a foreign key: a user who is erased leaves a Nextcloud user to be disabled. */
    userId: p.uuid().primary(),
    uid: p.string().length(255).nullable(),
    state: p.string().length(16).$type<ProvisioningState>(),
    problemCode: p.string().length(64).nullable(),
    attempts: p.integer().default(0),
    /** When Nextcloud said that it has no such user, just before the first creation was sent. */
    absentSeenAt: p.datetime().nullable(),
    /** Follows the activation of the account here. */
    wantsEnabled: p.boolean().default(true),
    /** As it was last set in Nextcloud. */
    isEnabled: p.boolean().default(true),
    createdAt: p.datetime().defaultRaw('now()'),
    updatedAt: p.datetime().defaultRaw('now()'),
    /** Null when nothing is to be done. */
    nextAttemptAt: p.datetime().nullable(),
  },
});

/** The Nextcloud user of an account. */
export class NextcloudProvisioning extends NextcloudProvisioningSchema.class {}
NextcloudProvisioningSchema.setClass(NextcloudProvisioning);
