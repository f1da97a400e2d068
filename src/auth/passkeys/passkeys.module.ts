import { Module } from '@nestjs/common';
import { UsersModule } from '../../users/users.module.ts';
import { AuthModule } from '../auth.module.ts';
import { MfaModule } from '../mfa/mfa.module.ts';
import { WebAuthn } from './webauthn.ts';
import { PasskeyAssertions } from './passkey-assertions.ts';
import { PasskeyChallengeService } from './passkey-challenge.service.ts';
import { PasskeyLoginController } from './passkey-login.controller.ts';
import { PasskeyLoginService } from './passkey-login.service.ts';
import { PasskeyRegistrations } from './passkey-registrations.ts';
import { Passkeys } from './passkeys.ts';
import { PasskeysController } from './passkeys.controller.ts';
import { PasskeysService } from './passkeys.service.ts';

/** Passkeys (WebAuthn): as a second factor, and as a login by themselves. */
@Module({
  imports: [AuthModule, MfaModule, UsersModule],
  controllers: [PasskeysController, PasskeyLoginController],
  providers: [
    WebAuthn,
    PasskeyAssertions,
    PasskeyChallengeService,
    PasskeyLoginService,
    PasskeyRegistrations,
    Passkeys,
    PasskeysService,
  ],
  exports: [PasskeyAssertions],
})
export class PasskeysModule {}
