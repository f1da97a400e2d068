import { Module, type DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { AlertsModule } from './alerts/alerts.module.ts';
import { AuditModule } from './audit/audit.module.ts';
import { AccountFlowsModule } from './auth/accounts/account-flows.module.ts';
import { AccessTokensModule } from './auth/access-tokens/access-tokens.module.ts';
import { AuthModule } from './auth/auth.module.ts';
import { SessionsModule } from './auth/sessions/sessions.module.ts';
import { MfaModule } from './auth/mfa/mfa.module.ts';
import { PasskeysModule } from './auth/passkeys/passkeys.module.ts';
import { StepUpModule } from './auth/step-up/step-up.module.ts';
import { OidcModule } from './auth/oidc/oidc.module.ts';
import { ChangesModule } from './changes/changes.module.ts';
import { ComputeModule } from './compute/compute.module.ts';
import { ConfigModule } from './config/config.module.ts';
import type { Configuration } from './config/configuration.ts';
import { EphemeralModule } from './ephemeral/ephemeral.module.ts';
import { HealthModule } from './health/health.module.ts';
import { loggerOptions } from './http/logger.options.ts';
import type { InFlight } from './http/in-flight.ts';
import { IndexingModule } from './indexing/indexing.module.ts';
import { JobsModule } from './jobs/jobs.module.ts';
import { MetricsModule } from './metrics/metrics.module.ts';
import { NextcloudDocumentSource } from './nextcloud/files/nextcloud-document-source.ts';
import { NextcloudModule } from './nextcloud/nextcloud.module.ts';
import { NotificationsModule } from './notifications/notifications.module.ts';
import { OutboundModule } from './outbound/outbound.module.ts';
import type { OpenDatabase } from './persistence/open-database.ts';
import { PersistenceModule } from './persistence/persistence.module.ts';
import { SecretsModule } from './secrets/secrets.module.ts';
import { SigningModule } from './signing/signing.module.ts';
import { UsersModule } from './users/users.module.ts';

/** What exists before the application. */
export interface AppParts {
  readonly configuration: Configuration;
  readonly open: OpenDatabase;
  readonly inFlight: InFlight;
}

/** The composition root: the only place that knows every room. */
@Module({})
export class AppModule {
  static register({ configuration, open, inFlight }: AppParts): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.register(configuration),
        LoggerModule.forRoot(loggerOptions(configuration.http)),
        PersistenceModule.register(open),
        SecretsModule,
        EphemeralModule,
        ComputeModule,
        AuditModule,
        ChangesModule,
        MetricsModule,
        JobsModule.register(open, inFlight),
        NotificationsModule,
        OutboundModule,
        SigningModule,
        UsersModule,
        AuthModule,
        AccountFlowsModule,
        AccessTokensModule,
        SessionsModule,
        MfaModule,
        PasskeysModule,
        StepUpModule,
        NextcloudModule,
        OidcModule,
        IndexingModule.register([NextcloudDocumentSource]),
        AlertsModule,
        HealthModule.register(inFlight),
      ],
    };
  }
}
