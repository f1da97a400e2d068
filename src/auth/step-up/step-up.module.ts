import { Module } from '@nestjs/common';
import { AuthModule } from '../auth.module.ts';
import { MfaModule } from '../mfa/mfa.module.ts';
import { PasskeysModule } from '../passkeys/passkeys.module.ts';
import { PasskeyStepUpService } from './passkey-step-up.service.ts';
import { StepUpController } from './step-up.controller.ts';
import { StepUpRecords } from './step-up-records.ts';
import { StepUpService } from './step-up.service.ts';

/** A fresh proof of identity in a session. */
@Module({
  imports: [AuthModule, MfaModule, PasskeysModule],
  controllers: [StepUpController],
  providers: [PasskeyStepUpService, StepUpRecords, StepUpService],
})
export class StepUpModule {}
