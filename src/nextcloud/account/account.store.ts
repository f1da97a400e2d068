import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { DomainEvents } from '../../changes/domain-events.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError, isDomainError } from '../../problem/domain-error.ts';
import { NextcloudServer } from '../server/nextcloud-server.ts';
import { AccountRefusals } from './account-refusals.ts';
import { AccountSecrets } from './account-secrets.ts';
import { NextcloudAccount } from './nextcloud-account.entity.ts';
import type { ProbedLogin } from './protocol/credential-probe.ts';
import type { NextcloudCredential } from '../dav/nextcloud-credential.ts';

/** A login that has just been seen to work. */
export interface LinkedLogin {
  readonly loginName: string;
  readonly appPassword: string;
  readonly probed: ProbedLogin;
}

/** The linked accounts and the state that each is in. */
@Injectable()
export class AccountStore {
  constructor(
    private readonly database: Database,
    private readonly secrets: AccountSecrets,
    private readonly audit: AuditTrail,
    private readonly server: NextcloudServer,
    private readonly refusals: AccountRefusals,
    private readonly events: DomainEvents,
  ) {
    events.on('user.deactivated', (em, { userId }) => this.#disconnect(em, userId));
    events.on('user.deleted', (em, { userId }) => this.#disconnect(em, userId));
  }

  findAccount(userId: string): Promise<NextcloudAccount | null> {
    return this.database.read((em) => em.findOne(NextcloudAccount, { userId }));
  }

  /** Users with an account that works, as far as is known. */
  async linkedUsers(): Promise<string[]> {
    const rows = await this.database.read((em) =>
      em.execute<{ user_id: string }[]>(
        `select a.user_id from nextcloud_accounts a join users u on u.id = a.user_id
         where a.state = 'linked' and u.is_active order by a.user_id`,
      ),
    );
    return rows.map((row) => row.user_id);
  }

  /**
   * What is needed to act as this user.
   *
   * @throws DomainError `nextcloud-not-configured`, `account-not-linked`, `account-link-invalid`, `account-suspended`
   */
  async credential(userId: string): Promise<NextcloudCredential> {
    const { baseUrl } = this.server.endpoint;
    const account = await this.findAccount(userId);
    if (account === null) throw new DomainError('account-not-linked');
    requireLinked(account);
    return { baseUrl, ownerId: userId, ...(await this.secrets.login(account)) };
  }

  /**
   * Stores a login in place of whatever was linked before, which is revoked. Emits `account.linked`, and before it
   * `account.unlinked` when the account before was another one.
   */
  async save(em: EntityManager, userId: string, { loginName, appPassword, probed }: LinkedLogin): Promise<void> {
    const now = new Date();
    const before = await this.#lock(em, userId);
    if (before !== null) await this.secrets.retire(em, before, { except: appPassword });
    if (before !== null && before.uid !== probed.uid) await this.events.emit(em, 'account.unlinked', { userId });
    await em.upsert(NextcloudAccount, {
      userId,
      uid: probed.uid,
      loginName,
      displayName: probed.displayName,
      scheme: probed.scheme,
      sealedSecret: await this.secrets.seal(em, userId, appPassword),
      sealedPreviousSecret: null,
      secretChangedAt: before?.state === 'linked' ? now : null,
      rotationStartedAt: null,
      state: 'linked',
      stateChangedAt: now,
      linkedAt: now,
    });
    await this.events.emit(em, 'account.linked', { userId, uid: probed.uid });
    await this.audit.append(em, {
      actorId: userId,
      action: 'nextcloud.link',
      outcome: 'success',
      targetType: 'nextcloud-account',
      details: { scheme: probed.scheme },
    });
  }

  /**
   * Forgets an account, and with it all that was read out of it. Emits `account.unlinked`.
   *
   * @param headStartSeconds for the caller to revoke what it gets before a task does
   * @returns ids of the revocations that are due now
   */
  async remove(em: EntityManager, userId: string, headStartSeconds = 0): Promise<readonly string[]> {
    const account = await this.#lock(em, userId);
    if (account === null) return [];
    const revocations = await this.secrets.retire(em, account, { headStartSeconds });
    await em.nativeDelete(NextcloudAccount, { userId });
    await this.events.emit(em, 'account.unlinked', { userId });
    return revocations;
  }

  /**
   * Takes note of a credential that Nextcloud refuses, so that it is never tried again: each wrong Basic login would
   * bring this server closer to being locked out for everybody. However many calls fail at once, the owner is told once.
   * Other errors change nothing.
   */
  async recordFailure(userId: string, error: unknown): Promise<void> {
    if (!isDomainError(error, 'account-link-invalid', 'account-suspended')) return;
    const state = error.code === 'account-suspended' ? 'suspended' : 'invalid';
    if (state === 'invalid' && (await this.secrets.hasAnother(userId))) return;
    const isChange = await this.database.transaction(async (em) => {
      const changed = await em.execute<unknown[]>(
        `update nextcloud_accounts set state = ?, state_changed_at = now() where user_id = ? and state = 'linked' returning 1`,
        [state, userId],
      );
      if (changed.length > 0) await this.refusals.record(em, userId, state);
      return changed.length > 0;
    });
    if (isChange) this.refusals.wake();
  }

  /**
   * Revokes the app password of a user who goes and expires login flows; who comes back links again. Nothing of the
   * index goes.
   */
  async #disconnect(em: EntityManager, userId: string): Promise<void> {
    const account = await this.#lock(em, userId);
    if (account !== null) {
      await this.secrets.retire(em, account);
      await em.execute(
        `update nextcloud_accounts set state = 'invalid', state_changed_at = now(), sealed_secret = '',
           sealed_previous_secret = null, rotation_started_at = null where user_id = ?`,
        [userId],
      );
    }
    await em.execute(
      `update nextcloud_links set state = 'expired', sealed_poll_token = '' where user_id = ? and state = 'pending'`,
      [userId],
    );
  }

  async #lock(em: EntityManager, userId: string): Promise<NextcloudAccount | null> {
    await em.execute('select 1 from nextcloud_accounts where user_id = ? for update', [userId]);
    return em.findOne(NextcloudAccount, { userId }, { refresh: true });
  }
}

/** @throws DomainError `account-link-invalid`, `account-suspended` */
export function requireLinked({ state }: NextcloudAccount): void {
  if (state === 'invalid') throw new DomainError('account-link-invalid');
  if (state === 'suspended') throw new DomainError('account-suspended');
}
