import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { RecoveryCodes } from './recovery-codes.ts';
import { isTotpCode } from './totp.ts';
import { TotpFactors } from './totp-factors.ts';

/** What can be used as the second step of a login. */
export type SecondFactorMethod = 'totp' | 'recovery_code' | 'passkey';

/** The second factors of an account. */
export interface SecondFactorState {
  /** Null when there is no authenticator app. */
  readonly totpConfirmedAt: Date | null;
  readonly recoveryCodesLeft: number;
  readonly passkeys: number;
}

interface FactorRow {
  readonly has_totp: boolean;
  readonly has_recovery_code: boolean;
  readonly has_passkey: boolean;
}

/** Which second factors an account has, and whether a code is one of them. */
@Injectable()
export class SecondFactors {
  constructor(
    private readonly totp: TotpFactors,
    private readonly recovery: RecoveryCodes,
  ) {}

  /** @returns none when a password is enough to log in */
  async methodsOf(em: EntityManager, userId: string): Promise<readonly SecondFactorMethod[]> {
    const [row] = await em.execute<FactorRow[]>(
      `select exists (select 1 from totp_factors where user_id = ? and confirmed_at is not null) as has_totp,
         exists (select 1 from recovery_codes where user_id = ?) as has_recovery_code,
         exists (select 1 from passkeys where user_id = ?) as has_passkey`,
      [userId, userId, userId],
    );
    const { has_totp, has_recovery_code, has_passkey } = row ?? {};
    if (has_totp !== true && has_passkey !== true) return [];
    return [
      ...(has_totp === true ? (['totp'] as const) : []),
      ...(has_recovery_code === true ? (['recovery_code'] as const) : []),
      ...(has_passkey === true ? (['passkey'] as const) : []),
    ];
  }

  /** How many an account has; recovery codes are none by themselves. */
  async count(em: EntityManager, userId: string): Promise<number> {
    const [row] = await em.execute<{ factors: string }[]>(
      `select (select count(*) from totp_factors where user_id = ? and confirmed_at is not null)
         + (select count(*) from passkeys where user_id = ?) as factors`,
      [userId, userId],
    );
    return Number(row?.factors ?? 0);
  }
  async stateOf(em: EntityManager, userId: string): Promise<SecondFactorState> {
    const totp = await this.totp.findConfirmed(em, userId);
    const factors = await this.count(em, userId);
    return {
      totpConfirmedAt: totp?.confirmedAt ?? null,
      recoveryCodesLeft: await this.recovery.count(em, userId),
      passkeys: factors - (totp === null ? 0 : 1),
    };
  }

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
