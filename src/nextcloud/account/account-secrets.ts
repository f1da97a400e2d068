import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Database } from '../../persistence/database.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import { Sealer } from '../../secrets/sealer.ts';
import { NextcloudServer } from '../server/nextcloud-server.ts';
import { NextcloudAccount } from './nextcloud-account.entity.ts';
import type { NextcloudCredential } from '../dav/nextcloud-credential.ts';
import { Revocations } from './revocations.ts';

const FIELD = 'nextcloud_accounts.sealed_secret';
/** How long calls may still be under way with an app password that was replaced; Nextcloud takes it for some seconds. */
const OVERLAP_MS = 120_000;

/** How app passwords are retired. */
interface Retirement {
  /** The one that stays in use. */
  readonly except?: string;
  readonly headStartSeconds?: number;
}

/** What an account is used with. */
export type AccountLogin = Omit<NextcloudCredential, 'baseUrl'>;

/** The app passwords of the linked accounts: the only place where they are sealed and opened. */
@Injectable()
export class AccountSecrets {
  constructor(
    private readonly database: Database,
    private readonly sealer: Sealer,
    private readonly server: NextcloudServer,
    private readonly revocations: Revocations,
  ) {}

  seal(em: EntityManager, userId: string, appPassword: string): Promise<string> {
    return this.sealer.seal(em, appPassword, { ownerId: userId, field: FIELD });
  }

  /** The login of an account, whatever its state. */
  login(account: NextcloudAccount): Promise<AccountLogin> {
    return this.database.read((em) => this.#unsealed(em, account, account.sealedSecret));
  }

  /** Hands the app passwords of an account over to be revoked; those of a refused account are dead already. */
  async retire(
    em: EntityManager,
    account: NextcloudAccount,
    { except, headStartSeconds = 0 }: Retirement = {},
  ): Promise<readonly string[]> {
    const revocations: string[] = [];
    if (account.state === 'invalid') return revocations;
    for (const sealed of [account.sealedSecret, account.sealedPreviousSecret]) {
      if (!sealed) continue;
      const login = await this.#unsealed(em, account, sealed);
      if (login.secret === except) continue;
      revocations.push(await this.revocations.add(em, { userId: account.userId, login, headStartSeconds }));
    }
    return revocations;
  }

  /** Hands over an app password that was made for an account and came too late. */
  async discard(
    em: EntityManager,
    { userId, loginName, scheme, uid }: NextcloudAccount,
    secret: string,
  ): Promise<void> {
    await this.revocations.add(em, { userId, login: { loginName, scheme, uid, secret } });
  }

  /**
   * Whether the account still works although a call with it was refused: the call may have begun before the app
   * password was replaced, or the process that replaced it died before it could see which one is good. Each is tried
   * once and as Bearer, which Nextcloud does not count; while Nextcloud cannot be asked, nothing is known.
   */
  async hasAnother(userId: string): Promise<boolean> {
    const account = await this.database.read((em) => em.findOne(NextcloudAccount, { userId }));
    if (account?.state !== 'linked' || account.scheme !== 'bearer') return false;
    const isRecent = Date.now() - (account.secretChangedAt?.getTime() ?? 0) < OVERLAP_MS;
    if (!isRecent && !account.sealedPreviousSecret) return false;
    return (await this.resolveSecret(account)) !== 'neither';
  }

  /** Finds out which app password is good and forgets the other. @returns `unknown` while Nextcloud cannot be asked */
  async resolveSecret(account: NextcloudAccount): Promise<'current' | 'previous' | 'neither' | 'unknown'> {
    const { userId, sealedSecret, sealedPreviousSecret } = account;
    const current = await this.#works(account, sealedSecret);
    if (current !== false) {
      if (current === true && sealedPreviousSecret)
        await this.#storeSecret(userId, { from: sealedSecret, to: sealedSecret });
      return current ? 'current' : 'unknown';
    }
    if (!sealedPreviousSecret) return 'neither';
    const previous = await this.#works(account, sealedPreviousSecret);
    if (previous === true) await this.#storeSecret(userId, { from: sealedSecret, to: sealedPreviousSecret });
    if (previous === undefined) return 'unknown';
    return previous ? 'previous' : 'neither';
  }

  /** Undefined when Nextcloud cannot be asked. */
  async #works(account: NextcloudAccount, sealed: string): Promise<boolean | undefined> {
    const login = await this.database.read((em) => this.#unsealed(em, account, sealed));
    try {
      const self = await this.server.ocs.self({ ...login, scheme: 'bearer' }, { isRepeatable: false });
      return self.uid === account.uid;
    } catch (error) {
      if (!isDomainError(error)) throw error;
      return error.code === 'account-link-invalid' ? false : undefined;
    }
  }

  async #storeSecret(userId: string, { from, to }: { readonly from: string; readonly to: string }): Promise<void> {
    await this.database.transaction((em) =>
      em.execute(
        `update nextcloud_accounts set sealed_secret = ?, sealed_previous_secret = null
         where user_id = ? and sealed_secret = ?`,
        [to, userId, from],
      ),
    );
  }

  async #unsealed(em: EntityManager, account: NextcloudAccount, sealed: string): Promise<AccountLogin> {
    const { userId, loginName, scheme, uid } = account;
    const secret = await this.sealer.unseal(em, sealed, { ownerId: userId, field: FIELD });
    return { loginName, scheme, secret, uid };
  }
}
