import { AuthConfig } from './auth.config.ts';
import { HttpConfig } from './http.config.ts';
import { IndexingConfig } from './indexing.config.ts';
import { LimitsConfig } from './limits.config.ts';
import { MailConfig } from './mail.config.ts';
import { NextcloudConfig } from './nextcloud.config.ts';
import { OutboundConfig } from './outbound.config.ts';
import { SecretsConfig } from './secrets.config.ts';
import { SigningConfig } from './signing.config.ts';
import { SsoConfig } from './sso.config.ts';
import { StorageConfig } from './storage.config.ts';

/** Every slice of the configuration, in the order in which the documents list them. */
export const CONFIG_SLICES = [
  HttpConfig,
  AuthConfig,
  LimitsConfig,
  StorageConfig,
  SecretsConfig,
  SigningConfig,
  OutboundConfig,
  MailConfig,
  NextcloudConfig,
  SsoConfig,
  IndexingConfig,
] as const;

/** The whole environment, validated: one instance of each slice. */
export class Configuration {
  readonly http: HttpConfig = new HttpConfig();
  readonly auth: AuthConfig = new AuthConfig();
  readonly limits: LimitsConfig = new LimitsConfig();
  readonly storage: StorageConfig = new StorageConfig();
  readonly secrets: SecretsConfig = new SecretsConfig();
  readonly signing: SigningConfig = new SigningConfig();
  readonly outbound: OutboundConfig = new OutboundConfig();
  readonly mail: MailConfig = new MailConfig();
  readonly nextcloud: NextcloudConfig = new NextcloudConfig();
  readonly sso: SsoConfig = new SsoConfig();
  readonly indexing: IndexingConfig = new IndexingConfig();

  /** The slices as instances. */
  slices(): readonly object[] {
    return [
      this.http,
      this.auth,
      this.limits,
      this.storage,
      this.secrets,
      this.signing,
      this.outbound,
      this.mail,
      this.nextcloud,
      this.sso,
      this.indexing,
    ];
  }
}
