import { Injectable } from '@nestjs/common';
import { AccountLifecycle } from '../../users/account-lifecycle.ts';
import { AccountStore } from './account.store.ts';

/** An account that ends here leaves no app password behind in Nextcloud. */
@Injectable()
export class AccountEnding {
  constructor(lifecycle: AccountLifecycle, store: AccountStore) {
    lifecycle.whenEnding(async (em, userId) => {
      await store.disconnect(em, userId);
      await em.execute(
        `update nextcloud_links set state = 'expired', sealed_poll_token = '' where user_id = ? and state = 'pending'`,
        [userId],
      );
    });
  }
}
