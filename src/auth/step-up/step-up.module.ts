import { Module } from '@nestjs/common';
import { AuthModule } from '../auth.module.ts';
import { MfaModule } from '../mfa/mfa.module.ts';
import { PasskeysModule } from '../passkeys/passkeys.module.ts';
import { StepUpController } from './step-up.controller.ts';
import { StepUpService } from './step-up.service.ts';

/** A fresh proof of identity in a session. */
@Module({
  imports: [AuthModule, MfaModule, PasskeysModule],
  controllers: [StepUpController],
  providers: [StepUpService],
})
export class StepUpModule {}
