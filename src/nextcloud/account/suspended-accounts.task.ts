import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { TaskHandler } from '../../jobs/task-handler.port.ts';
import { Tasks } from '../../jobs/tasks.ts';
import { Database } from '../../persistence/database.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import { NextcloudServer } from '../server/nextcloud-server.ts';
import { WebdavClients } from '../webdav/webdav-clients.ts';
import { AccountSecrets } from './account-secrets.ts';
import { NextcloudAccount } from './nextcloud-account.entity.ts';

const EVERY_SECONDS = 900;
const ACCOUNTS_PER_RUN = 20;

const CLAIM = `
  update nextcloud_accounts set checked_at = clock_timestamp() where user_id in (
    select a.user_id from nextcloud_accounts a join users u on u.id = a.user_id
    where a.state = 'suspended' and a.scheme = 'bearer' and u.is_active
    order by a.checked_at nulls first, a.user_id limit ${ACCOUNTS_PER_RUN} for update of a skip locked)
  returning user_id`;

/**
 * Looks whether accounts that were disabled in Nextcloud are enabled again: some at a time, the longest waiting first,
 * and only as Bearer, which Nextcloud never counts as a login. WebDAV alone tells a disabled user from a dead password.
 */
@Injectable()
export class SuspendedAccountsTask extends TaskHandler {
  override readonly kind = 'nextcloud-suspended-accounts';
  override readonly concurrency = 1;
  override readonly everySeconds = EVERY_SECONDS;

  constructor(
    private readonly server: NextcloudServer,
    private readonly webdav: WebdavClients,
    private readonly database: Database,
    private readonly secrets: AccountSecrets,
    private readonly audit: AuditTrail,
    tasks: Tasks,
  ) {
    super();
    tasks.register(this);
  }

  override async run(): Promise<void> {
    if (!this.server.isConfigured) return;
    const claimed = await this.database.transaction((em) => em.execute<{ user_id: string }[]>(CLAIM));
    for (const { user_id: userId } of claimed) {
      const account = await this.database.read((em) => em.findOne(NextcloudAccount, { userId }));
      if (account !== null) await this.#checkAccount(account);
    }
  }

  async #checkAccount(account: NextcloudAccount): Promise<void> {
    const { baseUrl } = this.server.endpoint;
    try {
      await this.webdav.files.root({ baseUrl, ...(await this.secrets.login(account)) });
      await this.#storeState(account, 'linked');
    } catch (error) {
      if (!isDomainError(error)) throw error;
      if (error.code === 'account-link-invalid') await this.#storeState(account, 'invalid');
    }
  }

  async #storeState({ userId, sealedSecret }: NextcloudAccount, state: 'linked' | 'invalid'): Promise<void> {
    await this.database.transaction(async (em) => {
      const changed = await em.execute<unknown[]>(
        `update nextcloud_accounts set state = ?, state_changed_at = now()
         where user_id = ? and state = 'suspended' and sealed_secret = ? returning 1`,
        [state, userId, sealedSecret],
      );
      if (changed.length === 0) return;
      const about = { actorId: userId, targetType: 'nextcloud-account' } as const;
      await this.audit.append(
        em,
        state === 'linked'
          ? { ...about, action: 'nextcloud.resumed', outcome: 'success', details: { state } }
          : { ...about, action: 'nextcloud.refused', outcome: 'failure', details: { state } },
      );
    });
  }
}
