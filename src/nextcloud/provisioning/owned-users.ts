import { Injectable } from '@nestjs/common';
import { IdentitiesService } from '../../auth/identities/identities.service.ts';
import type { Identity } from '../../auth/identities/identity.entity.ts';
import { HttpConfig } from '../../config/http.config.ts';
import { NextcloudConfig } from '../../config/nextcloud.config.ts';
import { ssoProviders, type ProviderSettings } from '../../config/sso-providers.ts';
import { SsoConfig } from '../../config/sso.config.ts';
import { AccountStore } from '../account/account.store.ts';

const NEXTCLOUD_PROVIDERS = ['nextcloud', 'nextcloud-oauth2'];

/** The settings that tell which provider is this Nextcloud. */
@Injectable()
export class OwnedUsersConfigs {
  constructor(
    readonly sso: SsoConfig,
    readonly nextcloud: NextcloudConfig,
    readonly http: HttpConfig,
  ) {}
}

/** Which Nextcloud user somebody has proved to own: by a linked account, or by signing in with Nextcloud. */
@Injectable()
export class OwnedUsers {
  readonly #provider: ProviderSettings | undefined;

  constructor(
    private readonly accounts: AccountStore,
    private readonly identities: IdentitiesService,
    configs: OwnedUsersConfigs,
  ) {
    this.#provider = ssoProviders(configs).find(({ id }) => NEXTCLOUD_PROVIDERS.includes(id));
  }

  /** User id in Nextcloud; null when nothing is proved. */
  async findUid(userId: string): Promise<string | null> {
    const account = await this.accounts.findAccount(userId);
    if (account !== null) return account.uid;
    const identities = await this.identities.list({ userId });
    return identities.find((identity) => this.isOfNextcloud(identity))?.subject ?? null;
  }

  /** Whether an identity is one of this Nextcloud; its `sub` is the user id there. */
  isOfNextcloud({ provider, issuer }: Pick<Identity, 'provider' | 'issuer'>): boolean {
    return this.#provider !== undefined && provider === this.#provider.id && issuer === this.#provider.issuer;
  }
}
