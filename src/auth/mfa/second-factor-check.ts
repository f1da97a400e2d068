import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SecondFactorMethod } from './second-factors.ts';
import { RecoveryCodes } from './recovery-codes.ts';
import { isTotpCode } from './totp.ts';
import { TotpFactors } from './totp-factors.ts';

/** Checks a code that somebody has typed. */
@Injectable()
export class SecondFactorCheck {
  constructor(
    private readonly totp: TotpFactors,
    private readonly recovery: RecoveryCodes,
  ) {}

  /**
   * Accepts a code of the authenticator app or a recovery code; each is good once.
   *
   * @returns what it was, or null when it is wrong or was used before
   */
  async accept(em: EntityManager, userId: string, code: string): Promise<SecondFactorMethod | null> {
    const typed = code.replace(/\s/g, '');
    if (isTotpCode(typed)) return (await this.totp.accept(em, userId, typed)) ? 'totp' : null;
    return (await this.recovery.use(em, userId, typed)) ? 'recovery_code' : null;
  }
}
