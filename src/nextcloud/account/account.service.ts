import { Injectable } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError, isDomainError } from '../../problem/domain-error.ts';
import { NextcloudServer } from '../server/nextcloud-server.ts';
import { AccountStore } from './account.store.ts';
import type { NextcloudAccount } from './nextcloud-account.entity.ts';
import { canBeBearer } from '../dav/nextcloud-credential.ts';
import { requestAppPassword, revokeAppPassword } from './protocol/app-password.ts';
import { probeLogin, type ProbedLogin } from './protocol/credential-probe.ts';
import { Revocations, type RevocationProgress } from './revocations.ts';

/** Time to revoke within the request before a task takes it up. */
const HEAD_START_SECONDS = 120;

/** A login with an app password. */
interface AppLogin {
  readonly loginName: string;
  readonly appPassword: string;
  readonly probed: ProbedLogin;
  /** True when Nextcloud has just made it for this server. */
  readonly isIssued: boolean;
}

/** Links the Nextcloud account of a user. */
@Injectable()
export class AccountService {
  constructor(
    private readonly server: NextcloudServer,
    private readonly store: AccountStore,
    private readonly database: Database,
    private readonly audit: AuditTrail,
    private readonly revocations: Revocations,
  ) {}

  /** @throws DomainError `account-not-linked` */
  async get(principal: Principal): Promise<NextcloudAccount> {
    const account = await this.store.findAccount(principal.userId);
    if (account === null) throw new DomainError('account-not-linked');
    return account;
  }

  /**
   * Links with a login name and an app password that the user made in Nextcloud. They are tried once; a wrong pair
   * counts as one failed login of this server there. Where it is the password of the user, it is exchanged for an app
   * password and not kept.
   *
   * @throws DomainError `account-link-invalid`, `app-password-required`, or what the way to Nextcloud throws
   */
  async linkByHand(principal: Principal, loginName: string, appPassword: string): Promise<NextcloudAccount> {
    const { userId } = principal;
    let login;
    try {
      login = await this.#appLogin(loginName, appPassword);
    } catch (error) {
      const code = isDomainError(error) ? error.code : 'internal-error';
      await this.audit.record({ actorId: userId, action: 'nextcloud.link', outcome: 'failure', details: { code } });
      throw error;
    }
    await this.#save(userId, login);
    return this.get(principal);
  }

  /** What is accepted as Bearer is an app password; what is accepted as Basic only may be the password of the user. */
  async #appLogin(loginName: string, given: string): Promise<AppLogin> {
    const probed = await probeLogin(this.server.ocs, loginName, given);
    if (probed.scheme === 'bearer') return { loginName, appPassword: given, probed, isIssued: false };
    const issued = await requestAppPassword(this.server.endpoint, { loginName, secret: given, scheme: 'basic' });
    if (issued === null) return { loginName, appPassword: given, probed, isIssued: false };
    const scheme = canBeBearer(issued) ? 'bearer' : 'basic';
    return { loginName, appPassword: issued, probed: { ...probed, scheme }, isIssued: true };
  }

  async #save(userId: string, { isIssued, ...login }: AppLogin): Promise<void> {
    try {
      await this.database.transaction((em) => this.store.save(em, userId, login));
    } catch (error) {
      // Nobody else knows it.
      const { loginName, appPassword: secret, probed } = login;
      if (isIssued) await revokeAppPassword(this.server.endpoint, { loginName, secret, scheme: probed.scheme });
      throw error;
    }
  }

  /**
   * Forgets the account, revokes its app password and takes what was read out of it from the index. While Nextcloud
   * cannot be reached the account is forgotten all the same, and the revocation is tried again.
   *
   * @throws DomainError `account-not-linked`
   */
  async unlink(principal: Principal): Promise<RevocationProgress> {
    await this.get(principal);
    const revocations = await this.database.transaction(async (em) => {
      const due = await this.store.remove(em, principal.userId, HEAD_START_SECONDS);
      await this.audit.append(em, {
        actorId: principal.userId,
        action: 'nextcloud.unlink',
        outcome: 'success',
        targetType: 'nextcloud-account',
      });
      return due;
    });
    const outcomes: RevocationProgress[] = [];
    for (const id of revocations) outcomes.push(await this.revocations.attempt(id));
    // The one in use comes first; a second one is what a broken-off rotation has left.
    return outcomes.includes('pending') ? 'pending' : (outcomes[0] ?? 'already-dead');
  }
}
