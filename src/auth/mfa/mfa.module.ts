import { Module } from '@nestjs/common';
import { UsersModule } from '../../users/users.module.ts';
import { AuthModule } from '../auth.module.ts';
import { FactorOwnerLock } from './factor-owner-lock.ts';
import { ChallengeController } from './challenge.controller.ts';
import { ChallengeOpening } from './challenge-opening.ts';
import { ChallengeService } from './challenge.service.ts';
import { EnrolmentService } from './enrolment.service.ts';
import { FactorChanges } from './factor-changes.ts';
import { MfaController } from './mfa.controller.ts';
import { MfaOverview } from './mfa-overview.ts';
import { MfaService } from './mfa.service.ts';
import { RecoveryCodes } from './recovery-codes.ts';
import { SecondFactorCheck } from './second-factor-check.ts';
import { SecondFactorFailures } from './second-factor-failures.ts';
import { MfaChallenges } from './challenge-attempts.ts';
import { TotpFactors } from './totp-factors.ts';

/** Authenticator apps, recovery codes and the second step of a login. */
@Module({
  imports: [AuthModule, UsersModule],
  controllers: [MfaController, ChallengeController],
  providers: [
    FactorOwnerLock,
    ChallengeOpening,
    ChallengeService,
    EnrolmentService,
    FactorChanges,
    MfaOverview,
    MfaService,
    RecoveryCodes,
    SecondFactorCheck,
    SecondFactorFailures,
    MfaChallenges,
    TotpFactors,
  ],
  exports: [FactorOwnerLock, ChallengeOpening, FactorChanges, SecondFactorCheck, MfaChallenges],
})
export class MfaModule {}
