import { Global, Module } from '@nestjs/common';
import { IdentityProvider } from '../auth/oidc/identity-provider.port.ts';
import { NextcloudConfig } from '../config/nextcloud.config.ts';
import { DocumentSource } from '../indexing/sources/document-source.port.ts';
import { OutboundClient } from '../outbound/outbound.client.ts';
import { AccountController } from './account/account.controller.ts';
import { AccountService } from './account/account.service.ts';
import { AccountStore } from './account/account.store.ts';
import { LinkService } from './account/link.service.ts';
import { NextcloudServer } from './nextcloud-server.ts';
import { NextcloudSignOn } from './oauth2/nextcloud-sign-on.ts';
import { NextcloudDocumentSource } from './webdav/nextcloud-document-source.ts';

/** The user's Nextcloud; gives indexing its documents and auth its identities, each through the other's own port. */
@Global()
@Module({
  controllers: [AccountController],
  providers: [
    {
      provide: NextcloudServer,
      inject: [OutboundClient, NextcloudConfig],
      useFactory: (outbound: OutboundClient, config: NextcloudConfig) =>
        new NextcloudServer(outbound, { url: config.url, publicUrl: config.browserUrl }),
    },
    AccountStore,
    AccountService,
    LinkService,
    { provide: DocumentSource, useClass: NextcloudDocumentSource },
    { provide: IdentityProvider, useClass: NextcloudSignOn },
  ],
  exports: [NextcloudServer, DocumentSource, IdentityProvider],
})
export class NextcloudModule {}
