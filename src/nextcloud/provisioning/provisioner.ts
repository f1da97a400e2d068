import { Injectable } from '@nestjs/common';
import { NextcloudConfig } from '../../config/nextcloud.config.ts';
import { DomainError, isDomainError } from '../../problem/domain-error.ts';
import type { ProblemCode } from '../../problem/problem-codes.ts';
import type { NextcloudUser } from '../users/protocol/ocs-user.ts';
import { ServiceAccount } from '../users/service-account.ts';
import { OwnedUsers } from './owned-users.ts';
import { provisionedUid } from './provisioned-uid.ts';
import { ProvisioningRecords, type Provisioning } from './provisioning-records.ts';

const ADDRESS_MATCHES = 20;

/** What no repetition changes: an administrator has to look. Everything else is tried again. */
const FINAL: readonly ProblemCode[] = [
  'nextcloud-user-exists',
  'nextcloud-user-refused',
  'nextcloud-password-refused',
  'nextcloud-provisioning-refused',
  'nextcloud-change-refused',
  'nextcloud-group-not-found',
];

/**
 * Brings accounts into Nextcloud. Each step leaves a row that tells where it has come to, so that after a crash anywhere
 * the next run ends in the same state. A Nextcloud user that was there before is never taken over.
 */
@Injectable()
export class Provisioner {
  constructor(
    private readonly records: ProvisioningRecords,
    private readonly account: ServiceAccount,
    private readonly owned: OwnedUsers,
    private readonly config: NextcloudConfig,
  ) {}

  /** One attempt for each account that is due. */
  async runDue(): Promise<void> {
    if (this.account.isConfigured) {
      for (const userId of await this.records.claimDue()) await this.#attempt(userId);
    }
    await this.records.forgetErased();
  }

  async #attempt(userId: string): Promise<void> {
    const found = await this.records.findRecord(userId);
    if (found === null) return;
    try {
      await this.#advance(found);
    } catch (error) {
      if (!isDomainError(error)) throw error;
      // As this attempt has brought it: another one that overtook it decides about what it did itself.
      const { state } = found.row;
      const isFinal = FINAL.includes(error.code) && state !== 'provisioned';
      await (isFinal
        ? this.records.fail(found.row, error.code, state)
        : this.records.recordObstacle(userId, error.code));
    }
  }

  async #advance(found: Provisioning): Promise<void> {
    switch (found.row.state) {
      case 'pending':
        return this.#begin(found);
      case 'creating':
        return this.#resume(found);
      case 'provisioned':
        return this.#align(found);
      case 'matched':
      case 'failed':
        return;
    }
  }

  async #begin({ row, user }: Provisioning): Promise<void> {
    const { userId } = row;
    if (user === null) return;
    const owned = await this.owned.findUid(userId);
    if (owned !== null) return this.records.matchNow(userId, owned);
    const uid = provisionedUid(user.email);
    if (await this.#isTaken(uid, user.email)) throw new DomainError('nextcloud-user-exists');
    if (!(await this.records.beginCreating(userId, uid))) return;
    row.state = 'creating';
    await this.#create({ uid, email: user.email, displayName: user.fullName ?? null });
    await this.#conclude(userId, uid, user.email);
  }

  /** A creation may have been sent before: only looking tells. */
  async #resume({ row, user }: Provisioning): Promise<void> {
    const uid = row.uid ?? '';
    const email = user?.email ?? uid;
    const there = await this.account.use((login, client) => client.findUser(login, uid));
    if (there === null) {
      // Nobody is left to make it for.
      if (user === null || !user.isActive) return this.records.fail(row, 'not-found', 'creating');
      await this.#createAgain({ uid, email, displayName: user.fullName ?? null });
    }
    await this.#conclude(row.userId, uid, email);
  }

  /** Where an attempt that was thought to be over has created it meanwhile, reading it back tells. */
  async #createAgain(user: NewUser): Promise<void> {
    try {
      await this.#create(user);
    } catch (error) {
      if (!isDomainError(error, 'nextcloud-user-exists')) throw error;
    }
  }

  async #create({ uid, email, displayName }: NewUser): Promise<void> {
    const { provisionGroups: groups, provisionQuota: quota } = this.config;
    await this.account.use((login, client) =>
      // Without a password: Nextcloud makes one and mails its own link to set another. It is never known here.
      client.createUser(login, {
        userId: uid,
        email,
        groups,
        ...(displayName !== null && { displayName }),
        ...(quota !== undefined && { quota }),
      }),
    );
  }

  /** Reads back what was created: a creation that broke off may have left the user without the rest. */
  async #conclude(userId: string, uid: string, email: string): Promise<void> {
    const user = await this.account.use((login, client) => client.findUser(login, uid));
    if (user === null) throw new DomainError('upstream-unavailable', { logContext: { reason: 'created-and-gone' } });
    if (user === 'hidden' || !isOurs(user, email)) throw new DomainError('nextcloud-user-exists');
    await this.#complete(user, email);
    await this.records.concludeProvisioned(userId, user.isEnabled ?? true);
  }

  async #complete(user: NextcloudUser, email: string): Promise<void> {
    const missing = this.config.provisionGroups.filter((group) => !user.groups.includes(group));
    await this.account.use(async (login, client) => {
      if (user.email === null) await client.edit(login, user.uid, { key: 'email', value: email });
      for (const group of missing) await client.addToGroup(login, user.uid, group);
    });
  }

  /** Enables or disables what this server has made, as the account here is active or not. */
  async #align({ row }: Provisioning): Promise<void> {
    const { userId, uid, wantsEnabled } = row;
    if (uid == null || wantsEnabled === row.isEnabled) return this.records.recordEnabled(userId, wantsEnabled, null);
    try {
      await this.account.use((login, client) => client.setEnabled(login, uid, wantsEnabled));
      await this.records.recordEnabled(userId, wantsEnabled, null);
    } catch (error) {
      if (!isDomainError(error, 'nextcloud-user-not-found')) throw error;
      await this.records.recordEnabled(userId, wantsEnabled, error.code);
    }
  }

  /** Also where somebody in Nextcloud has the address under another id: one person gets no two users. */
  #isTaken(uid: string, email: string): Promise<boolean> {
    return this.account.use(async (login, client) => {
      if ((await client.findUser(login, uid)) !== null) return true;
      const found = await client.listUsers(login, { search: email, limit: ADDRESS_MATCHES, offset: 0 });
      return found.some((user) => user.email?.toLowerCase() === email);
    });
  }
}

interface NewUser {
  readonly uid: string;
  readonly email: string;
  readonly displayName: string | null;
}

/**
 * Whether a user that was not there before our first creation is the one we made: it has the address we sent, or, where
 * the creation broke off, none yet and nobody has logged in.
 */
function isOurs(user: NextcloudUser, email: string): boolean {
  return user.email === null ? user.lastLogin === null : user.email.toLowerCase() === email;
}
