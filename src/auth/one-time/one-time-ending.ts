import { Injectable } from '@nestjs/common';
import { AccountLifecycle } from '../../users/account-lifecycle.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';

/** Withdraws the links and half-finished logins of an account that is deactivated. */
@Injectable()
export class OneTimeEnding {
  constructor(lifecycle: AccountLifecycle, tokens: OneTimeTokens) {
    lifecycle.whenEnding((em, userId) => tokens.withdrawAll(em, userId));
  }
}
