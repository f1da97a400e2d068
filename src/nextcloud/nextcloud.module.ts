import { Global, Module } from '@nestjs/common';
import { IdentityProvider } from '../auth/identities/identity-provider.port.ts';
import { NextcloudConfig } from '../config/nextcloud.config.ts';
import { OutboundClient } from '../outbound/outbound.client.ts';
import { AccountModule } from './account/account.module.ts';
import { ActivityModule } from './activity/activity.module.ts';
import { DoctorModule } from './doctor/doctor.module.ts';
import { FilesModule } from './files/files.module.ts';
import { NextcloudServer } from './server/nextcloud-server.ts';
import { NextcloudSignOn } from './oauth2/nextcloud-sign-on.ts';
import { NextcloudUsersModule } from './users/nextcloud-users.module.ts';
import { ProvisioningModule } from './provisioning/provisioning.module.ts';
import { WebdavClients } from './webdav/webdav-clients.ts';
import { WebhooksModule } from './webhooks/webhooks.module.ts';

/** The user's Nextcloud; gives indexing its documents and auth its identities, each through the other's own port. */
@Global()
@Module({
  imports: [
    AccountModule,
    ActivityModule,
    DoctorModule,
    FilesModule,
    NextcloudUsersModule,
    ProvisioningModule,
    WebhooksModule,
  ],
  providers: [
    {
      provide: NextcloudServer,
      inject: [OutboundClient, NextcloudConfig],
      useFactory: (outbound: OutboundClient, config: NextcloudConfig) =>
        new NextcloudServer(outbound, {
          url: config.url,
          publicUrl: config.browserUrl,
          budget: {
            concurrency: config.requests,
            callerConcurrency: config.requestsPerUser,
            callerMaxQueued: config.waitingPerUser,
          },
        }),
    },
    WebdavClients,
    { provide: IdentityProvider, useClass: NextcloudSignOn },
  ],
  exports: [NextcloudServer, WebdavClients, FilesModule, IdentityProvider],
})
export class NextcloudModule {}
