import { readFileSync } from 'node:fs';
import type { HttpConfig } from '../config/http.config.ts';
import type { NextcloudConfig } from '../config/nextcloud.config.ts';
import type { OutboundConfig } from '../config/outbound.config.ts';
import { ssoProviders } from '../config/sso-providers.ts';
import type { SsoConfig } from '../config/sso.config.ts';
import type { StorageConfig } from '../config/storage.config.ts';
import type { OutboundOptions } from './outbound.client.ts';

/** The slices of the configuration that name upstream servers or say how they are reached. */
export interface OutboundParts {
  readonly outbound: OutboundConfig;
  readonly storage: StorageConfig;
  readonly nextcloud: NextcloudConfig;
  readonly sso: SsoConfig;
  readonly http: HttpConfig;
}

/** Settings of the one way out, for the server and for commands that run without it. */
export function outboundSettings({ outbound, storage, nextcloud, sso, http }: OutboundParts): OutboundOptions {
  const issuers = ssoProviders({ sso, nextcloud, http }).map(({ issuer }) => issuer);
  return {
    allow: outbound.allow,
    pins: outbound.pins,
    operatorOrigins: [nextcloud.url, nextcloud.publicUrl, storage.qdrantUrl, ...issuers].filter(
      (url) => url !== undefined,
    ),
    ...(outbound.caFile !== undefined && { caCertificatesPem: readFileSync(outbound.caFile, 'utf8') }),
  };
}
