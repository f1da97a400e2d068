import { readFileSync } from 'node:fs';
import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { NextcloudConfig } from '../config/nextcloud.config.ts';
import { OutboundConfig } from '../config/outbound.config.ts';
import { StorageConfig } from '../config/storage.config.ts';
import { OutboundClient } from './outbound.client.ts';

/** The one way out over HTTP. */
@Global()
@Module({
  providers: [
    {
      provide: OutboundClient,
      inject: [OutboundConfig, NextcloudConfig, StorageConfig],
      useFactory: (outbound: OutboundConfig, nextcloud: NextcloudConfig, storage: StorageConfig) =>
        new OutboundClient({
          allow: outbound.allow,
          operatorOrigins: [nextcloud.url, storage.qdrantUrl].filter((url) => url !== undefined),
          ...(outbound.caFile !== undefined && { caCertificatesPem: readFileSync(outbound.caFile, 'utf8') }),
        }),
    },
  ],
  exports: [OutboundClient],
})
export class OutboundModule implements OnApplicationShutdown {
  readonly #client: OutboundClient;

  constructor(client: OutboundClient) {
    this.#client = client;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#client.close();
  }
}
