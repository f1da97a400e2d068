import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { HttpConfig } from '../config/http.config.ts';
import { NextcloudConfig } from '../config/nextcloud.config.ts';
import { OutboundConfig } from '../config/outbound.config.ts';
import { SsoConfig } from '../config/sso.config.ts';
import { StorageConfig } from '../config/storage.config.ts';
import { Counters } from '../ephemeral/counters.port.ts';
import { OutboundClient } from './outbound.client.ts';
import { outboundSettings } from './outbound-settings.ts';
import { TlsRefusals } from './tls-refusals.ts';

type ClientParts = [OutboundConfig, StorageConfig, NextcloudConfig, SsoConfig, HttpConfig];

/** The one way out over HTTP. */
@Global()
@Module({
  providers: [
    TlsRefusals,
    {
      provide: OutboundClient,
      inject: [TlsRefusals, Counters, OutboundConfig, StorageConfig, NextcloudConfig, SsoConfig, HttpConfig],
      useFactory: (refusals: TlsRefusals, counters: Counters, ...slices: ClientParts) => {
        const [outbound, storage, nextcloud, sso, http] = slices;
        return new OutboundClient({
          ...outboundSettings({ outbound, storage, nextcloud, sso, http }),
          counters,
          onTlsRefusal: (refusal) => refusals.record(refusal),
        });
      },
    },
  ],
  exports: [OutboundClient, TlsRefusals],
})
export class OutboundModule implements OnApplicationShutdown {
  constructor(private readonly client: OutboundClient) {}

  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
  }
}
