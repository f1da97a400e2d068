import { Module } from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { ThrottlerModule } from '@nestjs/throttler';
import { AuthConfig } from '../config/auth.config.ts';
import { LimitsConfig } from '../config/limits.config.ts';
import { UsersModule } from '../users/users.module.ts';
import { AppConnectionsController } from './access-tokens/app-connections.controller.ts';
import { AppConnectionsService } from './access-tokens/app-connections.service.ts';
import { AccessTokensModule } from './access-tokens/access-tokens.module.ts';
import { AuthController } from './auth.controller.ts';
import { AccountMails } from './accounts/account-mails.ts';
import { AdminGuard } from './guards/admin.guard.ts';
import { JwtAuthGuard } from './guards/jwt-auth.guard.ts';
import { JwtStrategy } from './guards/jwt.strategy.ts';
import { ScopeGuard } from './guards/scope.guard.ts';
import { SignatureGuard } from './guards/signature.guard.ts';
import { StepUpGuard } from './guards/step-up.guard.ts';
import { CountingStorage } from './guards/counting-storage.ts';
import { LimitsModule } from './guards/limits.module.ts';
import { RequestLimitGuard } from './guards/request-limit.guard.ts';
import { requestLimits } from './guards/request-limits.ts';
import { LoginThrottle } from './login/login-throttle.ts';
import { LoginCompletion } from './login/login-completion.ts';
import { LoginService } from './login/login.service.ts';
import { RecoveryCodes } from './mfa/recovery-codes.ts';
import { SecondFactors } from './mfa/second-factors.ts';
import { TotpFactors } from './mfa/totp-factors.ts';
import { OneTimeTokens } from './login/one-time-tokens.ts';
import { NewPasswords } from './password/new-passwords.ts';
import { PasswordChanges } from './password/password-changes.ts';
import { PasswordController } from './password/password.controller.ts';
import { PasswordPolicy } from './password/password-policy.ts';
import { PasswordService } from './password/password.service.ts';
import { InitialAdministrator } from './accounts/initial-administrator.ts';
import { MailRateLimit } from './accounts/mail-rate-limit.ts';
import { RegistrationService } from './accounts/registration.service.ts';
import { SelfRegistrationService } from './accounts/self-registration.service.ts';
import { SetUpService } from './accounts/set-up.service.ts';
import { SessionLoader } from './sessions/session-loader.ts';
import { SessionService } from './sessions/session.service.ts';
import { AccessKeys } from './sessions/access-keys.ts';
import { RefreshService } from './sessions/refresh.service.ts';
import { TokenIssuer } from './sessions/token-issuer.ts';

/** Registration, login, tokens, sessions, passwords, and the guards of every route. */
@Module({
  imports: [
    UsersModule,
    AccessTokensModule,
    JwtModule.registerAsync({
      inject: [AuthConfig],
      useFactory: (config: AuthConfig) => ({ secret: new AccessKeys(config).current }),
    }),
    ThrottlerModule.forRootAsync({
      imports: [LimitsModule],
      inject: [LimitsConfig, CountingStorage, Reflector],
      useFactory: (config: LimitsConfig, storage: CountingStorage, reflector: Reflector) =>
        requestLimits({ config, storage, reflector }),
    }),
  ],
  controllers: [AuthController, AppConnectionsController, PasswordController],
  providers: [
    AccessKeys,
    AccountMails,
    AppConnectionsService,
    LoginThrottle,
    InitialAdministrator,
    JwtStrategy,
    LoginCompletion,
    LoginService,
    MailRateLimit,
    NewPasswords,
    OneTimeTokens,
    PasswordChanges,
    PasswordPolicy,
    PasswordService,
    RecoveryCodes,
    RefreshService,
    RegistrationService,
    SelfRegistrationService,
    SetUpService,
    SecondFactors,
    SessionLoader,
    SessionService,
    TokenIssuer,
    TotpFactors,
    // In this order: who it is, how often, and what is allowed. Refused administrators' routes count as well, because
    // each refusal writes a row.
    { provide: APP_GUARD, useClass: JwtAuthGuard },
    { provide: APP_GUARD, useClass: RequestLimitGuard },
    { provide: APP_GUARD, useClass: AdminGuard },
    { provide: APP_GUARD, useClass: ScopeGuard },
    { provide: APP_GUARD, useClass: StepUpGuard },
    // Last: it uses a signature up.
    { provide: APP_GUARD, useClass: SignatureGuard },
  ],
  // For the rooms of auth that are modules of their own: mfa, passkeys, oidc, access tokens.
  exports: [
    AccountMails,
    LoginCompletion,
    LoginService,
    NewPasswords,
    OneTimeTokens,
    PasswordChanges,
    RecoveryCodes,
    RegistrationService,
    SecondFactors,
    SessionService,
    TotpFactors,
  ],
})
export class AuthModule {}
