import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../access/principal.ts';
import { Database } from '../../persistence/database.ts';
import { LoginRequirements } from '../login/pending-steps.ts';
import { RecoveryCodes } from './recovery-codes.ts';
import { SecondFactors } from './second-factors.ts';
import { TotpFactors } from './totp-factors.ts';

/** The second factors of an account. */
export interface MfaState {
  /** Null when there is no authenticator app. */
  readonly totpConfirmedAt: Date | null;
  readonly recoveryCodesLeft: number;
  readonly passkeys: number;
  /** Whether this server asks the account for a second factor. */
  readonly isRequired: boolean;
}

/** Tells which second factors the own account has. */
@Injectable()
export class MfaOverview {
  constructor(
    private readonly database: Database,
    private readonly totp: TotpFactors,
    private readonly recovery: RecoveryCodes,
    private readonly factors: SecondFactors,
    private readonly requirements: LoginRequirements,
  ) {}

  read({ userId, role }: SessionPrincipal): Promise<MfaState> {
    return this.database.read(async (em) => {
      const totp = await this.totp.findConfirmed(em, userId);
      const factors = await this.factors.count(em, userId);
      return {
        totpConfirmedAt: totp?.confirmedAt ?? null,
        recoveryCodesLeft: await this.recovery.count(em, userId),
        passkeys: factors - (totp === null ? 0 : 1),
        isRequired: this.requirements.mustHaveSecondFactor({ isAdmin: role === 'admin' }),
      };
    });
  }
}
