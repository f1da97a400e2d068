import type { HttpConfig } from '../../config/http.config.ts';
import type { NextcloudConfig } from '../../config/nextcloud.config.ts';
import { ssoProviders, type ProviderSettings } from '../../config/sso-providers.ts';
import type { SsoConfig } from '../../config/sso.config.ts';
import type { NextcloudLogin } from '../dav/nextcloud-credential.ts';

/** What the doctor knows of the configuration. */
export interface DoctorSettings {
  /** Nextcloud as this server reaches it; undefined when none is configured. */
  readonly url: string | undefined;
  /** Nextcloud as browsers reach it. */
  readonly browserUrl: string | undefined;
  readonly allowsHttp: boolean;
  readonly serviceAccount: Omit<NextcloudLogin, 'scheme'> | undefined;
  /** Login with Nextcloud; undefined when it is off. */
  readonly signOn: ProviderSettings | undefined;
  /** This server as browsers reach it. */
  readonly ownOrigin: string;
  readonly watchDirectories: readonly string[];
}

/** Reads the settings out of the slices of the configuration. */
export function doctorSettings(parts: {
  readonly nextcloud: NextcloudConfig;
  readonly sso: SsoConfig;
  readonly http: HttpConfig;
}): DoctorSettings {
  const { nextcloud, http } = parts;
  const { adminUser, adminPassword } = nextcloud;
  return {
    url: nextcloud.url?.replace(/\/+$/, ''),
    browserUrl: nextcloud.browserUrl?.replace(/\/+$/, ''),
    allowsHttp: nextcloud.allowHttp,
    serviceAccount:
      adminUser === undefined || adminPassword === undefined
        ? undefined
        : { loginName: adminUser, secret: adminPassword.reveal() },
    signOn: ssoProviders(parts).find(({ id }) => id === 'nextcloud' || id === 'nextcloud-oauth2'),
    ownOrigin: http.origin,
    watchDirectories: nextcloud.watchDirectories,
  };
}
