import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { SOURCE_UNLINKED } from '../../indexing/sources/document-source.port.ts';
import { JobsService } from '../../jobs/jobs.service.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError, isDomainError } from '../../problem/domain-error.ts';
import { Sealer } from '../../secrets/sealer.ts';
import { NextcloudServer } from '../nextcloud-server.ts';
import { NextcloudAccount } from './nextcloud-account.entity.ts';
import type { ProbedLogin } from './protocol/credential-probe.ts';
import type { NextcloudCredential } from './protocol/nextcloud-credential.ts';

const FIELD = 'nextcloud_accounts.sealed_secret';

/** A login that has just been seen to work. */
export interface LinkedLogin {
  readonly loginName: string;
  readonly appPassword: string;
  readonly probed: ProbedLogin;
}

/** The linked accounts: the only place where their app passwords are sealed and opened. */
@Injectable()
export class AccountStore {
  readonly #database: Database;
  readonly #sealer: Sealer;
  readonly #audit: AuditTrail;
  readonly #server: NextcloudServer;
  readonly #jobs: JobsService;

  constructor(database: Database, sealer: Sealer, audit: AuditTrail, server: NextcloudServer, jobs: JobsService) {
    this.#database = database;
    this.#sealer = sealer;
    this.#audit = audit;
    this.#server = server;
    this.#jobs = jobs;
  }

  find(userId: string): Promise<NextcloudAccount | null> {
    return this.#database.read((em) => em.findOne(NextcloudAccount, { userId }));
  }

  /** Users whose account works, as far as is known. */
  async linkedUsers(): Promise<string[]> {
    const rows = await this.#database.read((em) =>
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
    const { baseUrl } = this.#server.endpoint;
    const account = await this.find(userId);
    if (account === null) throw new DomainError('account-not-linked');
    if (account.state === 'invalid') throw new DomainError('account-link-invalid');
    if (account.state === 'suspended') throw new DomainError('account-suspended');
    return { baseUrl, ...(await this.login(account)), uid: account.uid };
  }

  /** The login of an account, whatever its state. */
  async login(account: NextcloudAccount): Promise<Pick<NextcloudCredential, 'loginName' | 'scheme' | 'secret'>> {
    const secret = await this.#database.read((em) =>
      this.#sealer.unseal(em, account.sealedSecret, { ownerId: account.userId, field: FIELD }),
    );
    return { loginName: account.loginName, scheme: account.scheme, secret };
  }

  /** Stores a login in place of whatever was linked before. */
  async save(em: EntityManager, userId: string, { loginName, appPassword, probed }: LinkedLogin): Promise<void> {
    const now = new Date();
    const before = await em.findOne(NextcloudAccount, { userId });
    if (before !== null && before.uid !== probed.uid) await this.#forgetDocuments(em, userId);
    await em.upsert(NextcloudAccount, {
      userId,
      uid: probed.uid,
      loginName,
      displayName: probed.displayName,
      scheme: probed.scheme,
      sealedSecret: await this.#sealer.seal(em, appPassword, { ownerId: userId, field: FIELD }),
      state: 'linked',
      stateChangedAt: now,
      linkedAt: now,
    });
    await this.#audit.append(em, {
      actorId: userId,
      action: 'nextcloud.link',
      outcome: 'success',
      targetType: 'nextcloud-account',
      details: { scheme: probed.scheme },
    });
  }

  /** Forgets an account, and with it all that was read out of it. */
  async remove(em: EntityManager, userId: string): Promise<void> {
    await em.nativeDelete(NextcloudAccount, { userId });
    await this.#forgetDocuments(em, userId);
  }

  async #forgetDocuments(em: EntityManager, userId: string): Promise<void> {
    await this.#jobs.submit(em, { userId, kind: SOURCE_UNLINKED, parameters: {} });
  }

  /**
   * Takes note of a credential that Nextcloud refuses, so that it is never tried again: each wrong Basic login would
   * bring this server closer to being locked out for everybody. Other errors change nothing.
   */
  async noteFailure(userId: string, error: unknown): Promise<void> {
    if (!isDomainError(error, 'account-link-invalid', 'account-suspended')) return;
    const state = error.code === 'account-suspended' ? 'suspended' : 'invalid';
    await this.#database.transaction(async (em) => {
      const changed = await em.execute<unknown[]>(
        `update nextcloud_accounts set state = ?, state_changed_at = now() where user_id = ? and state = 'linked' returning 1`,
        [state, userId],
      );
      if (changed.length === 0) return;
      const record = { actorId: userId, action: 'nextcloud.refused', outcome: 'failure', details: { state } } as const;
      await this.#audit.append(em, record);
    });
  }
}
