import { Module } from '@nestjs/common';
import { UsersModule } from '../../users/users.module.ts';
import { AuthModule } from '../auth.module.ts';
import { FactorOwnerLock } from './factor-owner-lock.ts';
import { ChallengeController } from './challenge.controller.ts';
import { ChallengeService } from './challenge.service.ts';
import { EnrolmentService } from './enrolment.service.ts';
import { FactorChanges } from './factor-changes.ts';
import { MfaController } from './mfa.controller.ts';
import { MfaService } from './mfa.service.ts';
import { SecondFactorFailures } from './second-factor-failures.ts';
import { MfaChallenges } from './mfa-challenges.ts';

/** Authenticator apps, recovery codes and the second step of a login. */
@Module({
  imports: [AuthModule, UsersModule],
  controllers: [MfaController, ChallengeController],
  providers: [
    FactorOwnerLock,
    ChallengeService,
    EnrolmentService,
    FactorChanges,
    MfaService,
    SecondFactorFailures,
    MfaChallenges,
  ],
  exports: [ChallengeService, FactorOwnerLock, FactorChanges, MfaChallenges],
})
export class MfaModule {}
