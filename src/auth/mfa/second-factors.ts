import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';

/** What can be used as the second step of a login. */
export type SecondFactorMethod = 'totp' | 'recovery_code' | 'passkey';

interface FactorRow {
  readonly has_totp: boolean;
  readonly has_recovery_code: boolean;
  readonly has_passkey: boolean;
}

/** Which second factors an account has. */
@Injectable()
export class SecondFactors {
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
}
