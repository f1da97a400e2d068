import { Global, Module } from '@nestjs/common';
import { NextcloudConfig } from '../config/nextcloud.config.ts';
import { DocumentSource } from '../indexing/sources/document-source.port.ts';
import { OutboundClient } from '../outbound/outbound.client.ts';
import { AccountController } from './account/account.controller.ts';
import { AccountService } from './account/account.service.ts';
import { AccountStore } from './account/account.store.ts';
import { LinkService } from './account/link.service.ts';
import { NextcloudServer } from './nextcloud-server.ts';
import { NextcloudDocumentSource } from './webdav/nextcloud-document-source.ts';

/** The user's Nextcloud; gives indexing its documents through indexing's own port. */
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
  ],
  exports: [NextcloudServer, DocumentSource],
})
export class NextcloudModule {}
