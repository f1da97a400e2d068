import { Injectable } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError, isDomainError } from '../../problem/domain-error.ts';
import { NextcloudServer } from '../server/nextcloud-server.ts';
import { AccountSecrets } from './account-secrets.ts';
import { AccountStore, requireLinked } from './account.store.ts';
import { NextcloudAccount } from './nextcloud-account.entity.ts';
import { rotateAppPassword } from './protocol/app-password.ts';

/** After this the process that rotated is taken for dead. */
const LONGEST_ROTATION = "interval '3 minutes'";

/** Exchanges the app password of an account for a new one. */
@Injectable()
export class RotationService {
  constructor(
    private readonly server: NextcloudServer,
    private readonly store: AccountStore,
    private readonly secrets: AccountSecrets,
    private readonly database: Database,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * One at a time. The new app password is stored beside the old one first and the old one is forgotten when the new
   * one has been seen to work; whatever dies in between, the next use finds the one that is good.
   *
   * @throws DomainError `account-not-linked`, `account-link-invalid`, `account-suspended`, `rotation-in-progress`,
   *   `nextcloud-change-refused` where a password and no app password is linked, or
   *   what the way to Nextcloud throws
   */
  async rotate({ userId }: Principal): Promise<NextcloudAccount> {
    const account = await this.#claim(userId);
    try {
      if (account.sealedPreviousSecret) await this.secrets.resolveSecret(account);
      const current = await this.#read(userId);
      const fresh = await rotateAppPassword(this.server.endpoint, await this.secrets.login(current));
      await this.#storeSecret(current, fresh);
    } catch (error) {
      const failure = isDomainError(error, 'forbidden') ? noAppPassword(error) : error;
      await this.#fail(userId, failure);
      throw failure;
    }
    const rotated = await this.#read(userId);
    if (rotated.scheme === 'bearer') await this.secrets.resolveSecret(rotated);
    return this.#read(userId);
  }

  #claim(userId: string): Promise<NextcloudAccount> {
    return this.database.transaction(async (em) => {
      const account = await em.findOne(NextcloudAccount, { userId });
      if (account === null) throw new DomainError('account-not-linked');
      requireLinked(account);
      const claimed = await em.execute<unknown[]>(
        `update nextcloud_accounts set rotation_started_at = clock_timestamp() where user_id = ? and state = 'linked'
           and (rotation_started_at is null or rotation_started_at < clock_timestamp() - ${LONGEST_ROTATION}) returning 1`,
        [userId],
      );
      if (claimed.length === 0) throw new DomainError('rotation-in-progress');
      return account;
    });
  }

  async #storeSecret(current: NextcloudAccount, fresh: string): Promise<void> {
    const { userId, sealedSecret, scheme } = current;
    await this.database.transaction(async (em) => {
      const kept = await em.execute<unknown[]>(
        `update nextcloud_accounts set sealed_secret = ?, sealed_previous_secret = ?, secret_changed_at = now(),
           rotation_started_at = null where user_id = ? and sealed_secret = ? returning 1`,
        // A Basic login is not tried for the sake of knowing: what Nextcloud has given is believed.
        [await this.secrets.seal(em, userId, fresh), scheme === 'bearer' ? sealedSecret : null, userId, sealedSecret],
      );
      // Linked anew or unlinked meanwhile: nobody will use what has just been made.
      if (kept.length === 0) await this.secrets.discard(em, current, fresh);
      await this.audit.append(em, record(userId, 'success'));
    });
  }

  async #fail(userId: string, error: unknown): Promise<void> {
    await this.database.transaction(async (em) => {
      await em.execute('update nextcloud_accounts set rotation_started_at = null where user_id = ?', [userId]);
      const code = isDomainError(error) ? error.code : 'internal-error';
      await this.audit.append(em, { ...record(userId, 'failure'), details: { code } });
    });
    await this.store.recordFailure(userId, error);
  }

  async #read(userId: string): Promise<NextcloudAccount> {
    const account = await this.store.findAccount(userId);
    if (account === null) throw new DomainError('account-not-linked');
    return account;
  }
}

function noAppPassword(cause: Error): DomainError {
  const detail = 'What is linked is a password and no app password: link the account again.';
  return new DomainError('nextcloud-change-refused', { detail, cause });
}

function record(userId: string, outcome: 'success' | 'failure') {
  return { actorId: userId, action: 'nextcloud.rotate', outcome, targetType: 'nextcloud-account' } as const;
}
