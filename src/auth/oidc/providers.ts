import { Injectable } from '@nestjs/common';
import { HttpConfig } from '../../config/http.config.ts';
import { NextcloudConfig } from '../../config/nextcloud.config.ts';
import { defaultProviderId, ssoProviders } from '../../config/sso-providers.ts';
import { SsoConfig } from '../../config/sso.config.ts';
import { OutboundClient } from '../../outbound/outbound.client.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { IdentityProvider, IdentityProviders, type Provider } from '../identities/identity-provider.port.ts';
import { OpenIdClient } from './openid-client.ts';

/** Every provider that the configuration switches on. */
@Injectable()
export class Providers extends IdentityProviders {
  readonly #providers: ReadonlyMap<string, Provider>;
  readonly #defaultId: string | undefined;

  /** @param plain the one provider that speaks plain OAuth 2.0, which another room knows */
  constructor(
    sso: SsoConfig,
    nextcloud: NextcloudConfig,
    http: HttpConfig,
    outbound: OutboundClient,
    plain: IdentityProvider,
  ) {
    super();
    const parts = { sso, nextcloud, http };
    const entries = ssoProviders(parts).map((settings): [string, Provider] => {
      const protocol = settings.kind === 'oidc' ? new OpenIdClient(settings, outbound) : plain;
      return [settings.id, { settings, protocol }];
    });
    this.#providers = new Map(entries);
    this.#defaultId = defaultProviderId(parts);
  }

  /** In the order of login pages. */
  all(): readonly Provider[] {
    return [...this.#providers.values()];
  }

  override findProvider(id: string): Provider | undefined {
    return this.#providers.get(id);
  }

  /** @throws DomainError `not-found` */
  override get(id: string): Provider {
    const provider = this.findProvider(id);
    if (provider === undefined) throw new DomainError('not-found');
    return provider;
  }

  /** The provider of /auth/login. @throws DomainError `not-found` when none is on */
  default(): Provider {
    return this.get(this.#defaultId ?? '');
  }
}
