import { Injectable } from '@nestjs/common';
import { AccountEndingService } from '../../users/account-lifecycle.ts';
import { revokeAccessTokens } from './revoke-access-tokens.ts';

/** Deletes the personal access tokens of an account that is deactivated: none comes back with it. */
@Injectable()
export class AccessTokenEnding {
  constructor(ending: AccountEndingService) {
    ending.whenEnding(revokeAccessTokens);
  }
}
