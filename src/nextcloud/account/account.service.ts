import { Injectable } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError, isDomainError } from '../../problem/domain-error.ts';
import { NextcloudServer } from '../nextcloud-server.ts';
import { AccountStore } from './account.store.ts';
import type { NextcloudAccount } from './nextcloud-account.entity.ts';
import { revokeAppPassword, type RevocationOutcome } from './protocol/app-password.ts';
import { probeLogin } from './protocol/credential-probe.ts';

/** How an unlinking ended upstream; `unreachable` leaves an app password behind that the user should delete there. */
export type UnlinkOutcome = RevocationOutcome | 'unreachable';

/** Links the Nextcloud account of a user. */
@Injectable()
export class AccountService {
  readonly #server: NextcloudServer;
  readonly #store: AccountStore;
  readonly #database: Database;
  readonly #audit: AuditTrail;

  constructor(server: NextcloudServer, store: AccountStore, database: Database, audit: AuditTrail) {
    this.#server = server;
    this.#store = store;
    this.#database = database;
    this.#audit = audit;
  }

  /** @throws DomainError `account-not-linked` */
  async get(principal: Principal): Promise<NextcloudAccount> {
    const account = await this.#store.find(principal.userId);
    if (account === null) throw new DomainError('account-not-linked');
    return account;
  }

  /**
   * Links with a login name and an app password that the user made in Nextcloud. They are tried once; a wrong pair
   * counts as one failed login of this server there.
   *
   * @throws DomainError `account-link-invalid`, or what the way to Nextcloud throws
   */
  async linkByHand(principal: Principal, loginName: string, appPassword: string): Promise<NextcloudAccount> {
    const { userId } = principal;
    let probed;
    try {
      probed = await probeLogin(this.#server.ocs, loginName, appPassword);
    } catch (error) {
      const code = isDomainError(error) ? error.code : 'internal-error';
      await this.#audit.record({ actorId: userId, action: 'nextcloud.link', outcome: 'failure', details: { code } });
      throw error;
    }
    await this.#database.transaction((em) => this.#store.save(em, userId, { loginName, appPassword, probed }));
    return this.get(principal);
  }

  /**
   * Forgets the account, revokes its app password and takes what was read out of it from the index.
   *
   * @throws DomainError `account-not-linked`
   */
  async unlink(principal: Principal): Promise<UnlinkOutcome> {
    const account = await this.get(principal);
    const outcome = account.state === 'linked' ? await this.#revoke(account) : 'already-dead';
    await this.#database.transaction(async (em) => {
      await this.#store.remove(em, principal.userId);
      await this.#audit.append(em, {
        actorId: principal.userId,
        action: 'nextcloud.unlink',
        outcome: 'success',
        targetType: 'nextcloud-account',
        details: { revocation: outcome },
      });
    });
    return outcome;
  }

  async #revoke(account: NextcloudAccount): Promise<UnlinkOutcome> {
    try {
      return await revokeAppPassword(this.#server.endpoint, { ...(await this.#store.login(account)), scheme: 'basic' });
    } catch (error) {
      if (isDomainError(error) && error.code.startsWith('upstream-')) return 'unreachable';
      throw error;
    }
  }
}
