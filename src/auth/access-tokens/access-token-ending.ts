import { Injectable } from '@nestjs/common';
import { AccountLifecycle } from '../../users/account-lifecycle.ts';
import { revokeAccessTokens } from './revoke-access-tokens.ts';

/** Deletes the personal access tokens of an account that is deactivated: none comes back with it. */
@Injectable()
export class AccessTokenEnding {
  constructor(lifecycle: AccountLifecycle) {
    lifecycle.whenEnding(revokeAccessTokens);
  }
}
