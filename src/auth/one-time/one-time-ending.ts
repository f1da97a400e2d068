import { Injectable } from '@nestjs/common';
import { AccountEndingService } from '../../users/account-lifecycle.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';

/** Withdraws the links and half-finished logins of an account that is deactivated. */
@Injectable()
export class OneTimeEnding {
  constructor(ending: AccountEndingService, tokens: OneTimeTokens) {
    ending.whenEnding((em, userId) => tokens.withdrawAll(em, userId));
  }
}
