import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { HttpConfig } from '../config/http.config.ts';
import { NextcloudConfig } from '../config/nextcloud.config.ts';
import { OutboundConfig } from '../config/outbound.config.ts';
import { SsoConfig } from '../config/sso.config.ts';
import { StorageConfig } from '../config/storage.config.ts';
import { OutboundClient } from './outbound.client.ts';
import { outboundSettings } from './outbound-settings.ts';

type ClientParts = [OutboundConfig, StorageConfig, NextcloudConfig, SsoConfig, HttpConfig];

/** The one way out over HTTP. */
@Global()
@Module({
  providers: [
    {
      provide: OutboundClient,
      inject: [OutboundConfig, StorageConfig, NextcloudConfig, SsoConfig, HttpConfig],
      useFactory: (...[outbound, storage, nextcloud, sso, http]: ClientParts) =>
        new OutboundClient(outboundSettings({ outbound, storage, nextcloud, sso, http })),
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
